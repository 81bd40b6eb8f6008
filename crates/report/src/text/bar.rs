//! A time ledger as a bar with its legend.

use crate::look::{Look, Role};
use rightlane_facts::{Ledger, WaitCause, words};

/// Glyphs from the largest part to the smallest: a bar has to be readable without colour.
const GLYPHS: [char; 4] = ['█', '▒', '░', '·'];

/// One part of a bar.
pub(crate) struct Part {
    /// Its share of the ledger, 0 to 1.
    pub(crate) share: f64,
    /// What it is, in words.
    pub(crate) words: &'static str,
    glyph: char,
    role: Role,
}

/// The ledger's largest parts, at most [`GLYPHS`] many; the last then stands for the rest.
pub(crate) fn parts(ledger: &Ledger) -> Vec<Part> {
    let total = ledger.total();
    if !total.is_finite() || total <= 0.0 {
        return Vec::new();
    }
    let mut rows: Vec<(WaitCause, f64)> = ledger
        .rows()
        .map(|(cause, seconds)| (cause, seconds / total))
        .filter(|(_, share)| *share >= 0.005)
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named = if rows.len() > GLYPHS.len() {
        GLYPHS.len() - 1
    } else {
        rows.len()
    };
    let mut parts: Vec<Part> = rows[..named]
        .iter()
        .zip(GLYPHS)
        .map(|((cause, share), glyph)| Part {
            share: *share,
            words: cause.words(),
            glyph,
            role: role(*cause),
        })
        .collect();
    if named < rows.len() {
        parts.push(Part {
            share: rows[named..].iter().map(|(_, share)| share).sum(),
            words: "other",
            glyph: GLYPHS[named],
            role: Role::Quiet,
        });
    }
    parts
}

/// The parts drawn over `cells` columns, every part at least one.
pub(crate) fn bar(parts: &[Part], cells: usize, look: Look) -> String {
    let mut drawn = String::new();
    for (part, count) in parts.iter().zip(apportion(parts, cells)) {
        let glyphs: String = std::iter::repeat_n(part.glyph, count).collect();
        drawn.push_str(&look.paint(part.role, &glyphs));
    }
    drawn
}

/// The legend, one entry for each part: `█ Python code 62 %`.
pub(crate) fn legend(parts: &[Part]) -> Vec<String> {
    parts
        .iter()
        .map(|part| {
            let share = words::percent(part.share);
            format!("{} {} {share}", part.glyph, part.words)
        })
        .collect()
}

/// Cells for each part by largest remainder, so that they sum to `cells` exactly.
fn apportion(parts: &[Part], cells: usize) -> Vec<usize> {
    let total: f64 = parts.iter().map(|part| part.share).sum();
    let exact: Vec<f64> = parts
        .iter()
        .map(|part| part.share / total * cells as f64)
        .collect();
    let mut counts: Vec<usize> = exact.iter().map(|cells| (*cells as usize).max(1)).collect();
    while counts.iter().sum::<usize>() < cells {
        let Some(neediest) = (0..counts.len()).max_by(|a, b| {
            (exact[*a] - counts[*a] as f64).total_cmp(&(exact[*b] - counts[*b] as f64))
        }) else {
            break;
        };
        counts[neediest] += 1;
    }
    while counts.iter().sum::<usize>() > cells {
        let Some(largest) = (0..counts.len()).max_by_key(|index| counts[*index]) else {
            break;
        };
        counts[largest] -= 1;
    }
    counts
}

/// The style of a row.
pub(crate) fn role(cause: WaitCause) -> Role {
    match cause {
        WaitCause::PythonGil | WaitCause::NativeGil => Role::Cpu,
        WaitCause::NativeReleased | WaitCause::Kernel => Role::Native,
        WaitCause::CpuWait | WaitCause::GilWait => Role::Bad,
        WaitCause::Unexplained => Role::Quiet,
        _ => Role::Waiting,
    }
}

/// The glyph of a row drawn by itself: what uses a CPU is solid, what waits is not.
pub(crate) fn glyph_of(cause: WaitCause) -> char {
    match cause {
        WaitCause::PythonGil | WaitCause::NativeGil => GLYPHS[0],
        WaitCause::NativeReleased | WaitCause::Kernel => GLYPHS[1],
        WaitCause::Unexplained => GLYPHS[3],
        _ => GLYPHS[2],
    }
}
