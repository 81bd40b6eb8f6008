//! The lines that the time of all threads went to.

use crate::look::Role;
use crate::page::{Page, shortened};
use rightlane_facts::{LedgerReport, LineLedger, words};

const SHOWN: usize = 12;
const LEAST_SHARE: f64 = 0.005;

pub(super) fn write(page: &mut Page, report: &LedgerReport) {
    let hot: Vec<&LineLedger> = report
        .lines
        .iter()
        .filter(|line| line.share >= LEAST_SHARE)
        .take(SHOWN)
        .collect();
    if hot.is_empty() {
        return;
    }
    page.heading("Lines, by the time of all threads");
    for line in hot {
        self::line(page, line);
    }
}

fn line(page: &mut Page, line: &LineLedger) {
    let width = page.look().width();
    let place = match line.line {
        0 => short_path(&line.file).to_owned(),
        number => format!("{}:{number}", short_path(&line.file)),
    };
    let called = match &line.calling {
        Some(called) => format!("  {} → {called}", line.function),
        None => format!("  {}", line.function),
    };
    let time = format!(
        "{}  {:>4}",
        words::seconds(line.seconds),
        words::percent(line.share)
    );
    let room = width.saturating_sub(place.chars().count() + time.chars().count() + 4);
    let role = if line.own { Role::Strong } else { Role::Quiet };
    let left = [
        (place, role),
        (shortened(&called, room.max(12)), Role::Code),
    ];
    page.spread(1, &left, &(time, Role::Strong));
    page.styled(4, 2, Role::Quiet, &causes(line));
}

/// The causes that matter, the first details with them.
fn causes(line: &LineLedger) -> String {
    let total = line.ledger.total();
    let mut rows: Vec<_> = line
        .ledger
        .rows()
        .filter(|(_, seconds)| *seconds >= 0.05 * total)
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let words: Vec<String> = rows
        .iter()
        .take(3)
        .map(|(cause, seconds)| {
            let share = words::percent(seconds / total);
            let mut details = line.details.iter().filter(|waited| waited.cause == *cause);
            match details.next() {
                Some(waited) => {
                    let others = if details.next().is_some() {
                        ", …"
                    } else {
                        ""
                    };
                    format!(
                        "{share} {} ({}{others})",
                        cause.words(),
                        waited.detail.words()
                    )
                }
                None => format!("{share} {}", cause.words()),
            }
        })
        .collect();
    words.join(", ")
}

/// The last two parts of a path: enough to tell files apart, short enough to read.
pub(super) fn short_path(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/');
    match slashes.nth(1) {
        Some((at, _)) => path.get(at + 1..).unwrap_or(path),
        None => path,
    }
}
