//! The lines above the table: the program, its size, its GIL, where its time goes.

use super::rows::{gil_holders, percent};
use super::state::{Life, Top};
use super::style::Palette;
use super::text::{clean, width};
use super::words;
use ratatui::text::{Line, Span};
use rightlane_facts::words::{bytes, count};
use rightlane_facts::{LiveProcess, Outcome, PythonBuild, WaitCause};

/// As many lines as `height` allows, the most telling ones.
pub(super) fn lines(top: &Top, width: usize, height: usize, look: Palette) -> Vec<Line<'static>> {
    let mut lines = vec![pack(title(top, look), width)];
    if height >= 5 {
        lines.push(pack(sizes(top), width));
    }
    if height >= 4 {
        lines.push(pack(gil(top), width));
    }
    if height >= 2 {
        lines.push(super::bar::bar(&top.ledger(), width, look));
    }
    if height >= 3 {
        lines.push(legend(top, width, look));
    }
    lines
}

/// One part of a line: what is left out where there is no room for all of it.
type Item = Vec<Span<'static>>;

fn item(text: impl Into<String>) -> Item {
    vec![Span::raw(text.into())]
}

/// The items that have room, from the first one on.
fn pack(items: impl IntoIterator<Item = Item>, columns: usize) -> Line<'static> {
    let mut line = Line::default();
    for item in items {
        let gap = if line.spans.is_empty() { 0 } else { 2 };
        let wide: usize = item.iter().map(Span::width).sum();
        if line.width() + gap + wide > columns && gap > 0 {
            break;
        }
        if gap > 0 {
            line.push_span("  ");
        }
        line.spans.extend(item);
    }
    line
}

fn title(top: &Top, look: Palette) -> Vec<Item> {
    let mut items = vec![vec![Span::styled(clean(&top.program), look.strong())]];
    if let Some(status) = status(top) {
        items.push(vec![Span::styled(status, look.notice())]);
    }
    if let Some(process) = top.view.processes.first() {
        let pid = format!("pid {}", process.pid);
        // `--pid` without a name to show says it already.
        if !top.program.ends_with(&process.pid.to_string()) {
            items.push(item(pid));
        }
        items.extend(process.python.map(python).map(item));
    }
    items.push(item(format!("observed {}", words::age(top.view.at))));
    items
}

/// What is out of the ordinary.
fn status(top: &Top) -> Option<String> {
    let paused = top.paused.then(|| "paused".to_owned());
    let ended = match top.life {
        Life::Runs => None,
        Life::Ended(None) => Some("ended".to_owned()),
        Life::Ended(Some(Outcome::Exited(code))) => Some(format!("ended (exit code {code})")),
        Life::Ended(Some(Outcome::Signalled(signal))) => Some(format!("ended (signal {signal})")),
    };
    ended.or(paused)
}

fn python(build: PythonBuild) -> String {
    let kind = match (build.free_threaded, build.gil) {
        (false, _) => "",
        (true, false) => " free-threaded",
        (true, true) => " free-threaded, GIL on",
    };
    format!("Python 3.{}{kind}", build.minor)
}

fn sizes(top: &Top) -> Vec<Item> {
    let cores: f64 = top.alive().map(|process| process.cpu).sum();
    let memory: u64 = top.alive().map(|process| process.memory).sum();
    let threads: usize = top.alive().map(|process| process.threads.len()).sum();
    let processes = top.alive().count();
    let rates = top.alive().map(|process| process.rate);
    let rate = rates
        .filter(|rate| *rate > 0.0)
        .fold(f64::INFINITY, f64::min);
    let mut items = vec![
        item(format!("CPU {cores:.2} cores")),
        item(format!("memory {}", bytes(memory as f64))),
        item(count(threads as u64, "thread")),
    ];
    if processes != 1 {
        items.push(item(format!("{processes} processes")));
    }
    if rate.is_finite() {
        let own = top.view.own_cpu * 100.0;
        items.push(item(format!("{rate:.0} looks/s cost {own:.1} % of a core")));
    }
    items
}

/// Who holds the GIL; of several processes, of that whose GIL is held most.
fn gil(top: &Top) -> Vec<Item> {
    if !top.has_gil() {
        return vec![item("No GIL: threads run Python code at the same time")];
    }
    let held = |process: &LiveProcess| -> f64 {
        let holders = gil_holders(process);
        // Not `sum`: that of nothing is -0.0, and shows as such.
        holders.iter().fold(0.0, |all, (_, share)| all + share)
    };
    let busiest = top
        .alive()
        .filter(|process| process.python.is_some_and(|python| python.gil))
        .max_by(|a, b| held(a).total_cmp(&held(b)));
    let Some(busiest) = busiest else {
        return vec![item("GIL: not seen")];
    };
    let of = if top.alive().count() > 1 {
        format!("GIL of {}", busiest.pid)
    } else {
        "GIL".to_owned()
    };
    let share = held(busiest).min(1.0);
    let mut items = vec![item(format!("{of} held {}", percent(share)))];
    let threads = top.alive().flat_map(|process| &process.threads);
    let waiting = threads
        .filter(|thread| thread.cause == WaitCause::GilWait)
        .count();
    items.push(item(match waiting {
        0 => "nobody waits for it".to_owned(),
        1 => "1 thread waits for it".to_owned(),
        more => format!("{more} threads wait for it"),
    }));
    let holders = gil_holders(busiest);
    for (name, share) in holders.iter().take(4) {
        items.push(item(format!("{name} {}", percent(*share))));
    }
    items
}

/// The bar's parts with their shares, the largest first.
fn legend(top: &Top, columns: usize, look: Palette) -> Line<'static> {
    let parts = super::bar::parts(&top.ledger());
    let whose = if top.filter.is_on() {
        "shown threads:"
    } else {
        "all threads:"
    };
    let mut items = vec![item(whose)];
    if parts.is_empty() {
        items.push(item("nothing seen yet"));
    }
    let mut parts = parts;
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (cause, share) in parts {
        let swatch = look.segment(cause);
        let mut part = Vec::new();
        if !look.needs_borders() {
            part.push(Span::styled(" ", swatch));
            part.push(Span::raw(" "));
        }
        part.push(Span::raw(format!(
            "{} {}",
            words::state(cause),
            percent(share)
        )));
        items.push(part);
    }
    if columns < 60 || width(whose) + 20 > columns {
        items.remove(0);
    }
    pack(items, columns)
}
