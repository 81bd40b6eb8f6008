//! Where time went, as one bar.

use super::rows::percent;
use super::style::Palette;
use super::text::{cut, width};
use super::words;
use ratatui::text::{Line, Span};
use rightlane_facts::{Ledger, WaitCause};

/// The causes with at least half a per cent, in the ledger's order, with their shares.
pub(super) fn parts(ledger: &Ledger) -> Vec<(WaitCause, f64)> {
    let total = ledger.total();
    if !total.is_finite() || total <= 0.0 {
        return Vec::new();
    }
    let shares = ledger
        .rows()
        .map(|(cause, seconds)| (cause, seconds / total));
    shares.filter(|(_, share)| *share >= 0.005).collect()
}

/// A bar of `cells` columns. Each part says what it is as far as it has room for it; parts stay in
/// the same order, so that the eye finds them again.
pub(super) fn bar(ledger: &Ledger, cells: usize, look: Palette) -> Line<'static> {
    let parts = parts(ledger);
    let shares: Vec<f64> = parts.iter().map(|(_, share)| *share).collect();
    let spans = parts
        .iter()
        .zip(apportion(&shares, cells))
        .map(|(part, cells)| {
            let text = label(*part, cells, look.needs_borders());
            Span::styled(text, look.segment(part.0))
        });
    Line::from(spans.collect::<Vec<_>>())
}

/// The longest text on a part that fits: with its share, without, nothing.
fn label((cause, share): (WaitCause, f64), cells: usize, bordered: bool) -> String {
    let (border, fill) = if bordered { ('|', '-') } else { ('▏', ' ') };
    let name = words::state(cause);
    let texts = [format!("{name} {}", percent(share)), name.to_owned()];
    let room = cells.saturating_sub(1);
    let fitting = texts.into_iter().find(|text| width(text) <= room);
    let mut label = format!("{border}{}", fitting.unwrap_or_default());
    while width(&label) < cells {
        label.push(fill);
    }
    cut(&label, cells)
}

/// Cells for each share by the largest remainder, so that they sum to `cells`.
fn apportion(shares: &[f64], cells: usize) -> Vec<usize> {
    let total: f64 = shares.iter().sum();
    let exact = shares.iter().map(|share| share / total * cells as f64);
    let mut counts: Vec<(usize, f64)> =
        exact.map(|exact| (exact as usize, exact.fract())).collect();
    let given: usize = counts.iter().map(|(count, _)| count).sum();
    let mut neediest: Vec<usize> = (0..counts.len()).collect();
    neediest.sort_by(|a, b| counts[*b].1.total_cmp(&counts[*a].1));
    for index in neediest.into_iter().take(cells.saturating_sub(given)) {
        counts[index].0 += 1;
    }
    counts.into_iter().map(|(count, _)| count).collect()
}
