//! All that is known of the selected thread.

use super::rows::percent;
use super::state::Top;
use super::style::Palette;
use super::text::{clean, cut, fit, width};
use super::words;
use ratatui::text::{Line, Span};
use rightlane_facts::is_library;
use rightlane_facts::{Ledger, LiveProcess, LiveThread, SampleFrame};

/// The details of the selected thread, as long as they are.
pub(super) fn lines(top: &Top, columns: usize, look: Palette) -> Vec<Line<'static>> {
    let (Some(row), Some((process, thread))) = (top.selected(), top.selected_thread()) else {
        return vec![Line::from("The thread has ended or is filtered out.")];
    };
    let Some(thread) = thread else {
        let told = format!("{}: {}", row.name, row.place.long());
        return vec![Line::from(cut(&told, columns))];
    };
    let mut lines = vec![identity(process, thread, row.count(), look)];
    lines.extend(now(thread, row.waits.long(), columns, look));
    lines.extend(ledger(&row.ledger, columns, look));
    lines.push(Line::from(Span::styled(
        "stack, innermost first",
        look.quiet(),
    )));
    if thread.frames.is_empty() {
        lines.push(Line::from("  not seen"));
    }
    lines.extend(
        thread
            .frames
            .iter()
            .map(|frame| stack(frame, columns, look)),
    );
    lines
}

fn identity(
    process: &LiveProcess,
    thread: &LiveThread,
    count: usize,
    look: Palette,
) -> Line<'static> {
    let mut line = Line::from(Span::styled(words::name(thread), look.strong()));
    let main = if thread.main { "  main thread" } else { "" };
    line.push_span(format!("  tid {}  pid {}{main}", thread.tid, process.pid));
    if count > 1 {
        line.push_span(Span::styled(
            format!("  one of {count} that do the same; times are of all"),
            look.notice(),
        ));
    }
    line.push_span(Span::styled(
        format!("  {}", clean(&process.command)),
        look.quiet(),
    ));
    line
}

fn now(thread: &LiveThread, waits: &str, columns: usize, look: Palette) -> Vec<Line<'static>> {
    let mut line = Line::from(vec![
        Span::styled(thread.cause.words(), look.cause(Some(thread.cause))),
        Span::raw(format!(" for {}", words::age(thread.since))),
    ]);
    if waits.is_empty() {
        return vec![line];
    }
    // On one line if it has room: people read it as one sentence.
    if line.width() + 2 + width(waits) <= columns {
        line.push_span(format!(": {waits}"));
        return vec![line];
    }
    vec![
        line,
        Line::from(format!("  {}", cut(waits, columns.saturating_sub(2)))),
    ]
}

/// A bar for each cause, the largest first.
fn ledger(ledger: &Ledger, columns: usize, look: Palette) -> Vec<Line<'static>> {
    let mut parts = super::bar::parts(ledger);
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let words = parts.iter().map(|(cause, _)| width(cause.words()));
    let longest = words.max().unwrap_or(0).min(columns / 2);
    let cells = columns.saturating_sub(longest + 9).min(50);
    let bar = |share: f64| "█".repeat(((share * cells as f64).round() as usize).min(cells));
    let lines = parts.into_iter().map(|(cause, share)| {
        Line::from(vec![
            Span::raw(format!("  {} ", fit(cause.words(), longest))),
            Span::raw(format!("{:>5} ", percent(share))),
            Span::styled(bar(share), look.cause(Some(cause))),
        ])
    });
    lines.collect()
}

/// A frame: the program's own stand out.
fn stack(frame: &SampleFrame, columns: usize, look: Palette) -> Line<'static> {
    let style = if !is_library(&frame.file) {
        look.strong()
    } else {
        look.quiet()
    };
    let function = clean(&frame.function);
    let line = match frame.line {
        0 => String::new(),
        line => format!(":{line}"),
    };
    let spot = format!("{}{line}", clean(&frame.file));
    let room = columns.saturating_sub(4 + width(&function));
    Line::from(vec![
        Span::styled(format!("  {function}"), style),
        Span::styled(format!("  {}", cut_left(&spot, room)), look.quiet()),
    ])
}

/// The end of `text`: of a path, that is what tells most.
fn cut_left(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let reversed: String = text.chars().rev().collect();
    cut(&reversed, columns).chars().rev().collect()
}
