//! The time ledger for people: the main thread first, then lines, threads, event loops and
//! processes.

mod headline;
mod lines;
mod loops;
mod threads;

use crate::look::{Look, Role};
use crate::page::Page;
use crate::text::bar::{glyph_of, role};
use rightlane_facts::{Ledger, LedgerReport, Waited, words};

/// What `report` says, in the order in which a person needs it.
#[must_use]
pub fn ledger_text(report: &LedgerReport, look: Look) -> String {
    let mut page = Page::new(look);
    headline::write(&mut page, report);
    main_thread(&mut page, report);
    lines::write(&mut page, report);
    threads::write(&mut page, report);
    loops::write(&mut page, report);
    threads::processes(&mut page, report);
    doubts(&mut page, report);
    page.finish()
}

/// Rows below this share are not worth a line of their own.
const LEAST_SHARE: f64 = 0.005;

/// Details shown of one row.
const MOST_DETAILS: usize = 4;

fn main_thread(page: &mut Page, report: &LedgerReport) {
    page.heading("Where the main thread's wall time went");
    let main = report.processes.first().and_then(|process| {
        let threads = &process.threads;
        threads.iter().find(|thread| thread.main)
    });
    let details = main.map_or(&[][..], |main| &main.details);
    let python = report.processes.first().and_then(|process| process.python);
    let gil = python.is_none_or(|python| python.gil);
    rows(page, &report.ledger, details, gil);
}

/// The ledger's rows, most first, each with its bar and what was waited for.
fn rows(page: &mut Page, ledger: &Ledger, details: &[Waited], gil: bool) {
    const BAR: usize = 24;
    let total = ledger.total();
    let mut rows: Vec<_> = ledger
        .rows()
        .filter(|(_, seconds)| *seconds > LEAST_SHARE * total)
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (cause, seconds) in rows {
        let share = seconds / total;
        let cells = ((share * BAR as f64).round() as usize).max(1);
        let bar: String = std::iter::repeat_n(glyph_of(cause), cells).collect();
        let words = if gil {
            cause.words()
        } else {
            cause.words_without_gil()
        };
        let pieces = [
            (format!("{words:<34}"), Role::Plain),
            (
                format!("{:>9}", rightlane_facts::words::seconds(seconds)),
                Role::Plain,
            ),
            (
                format!("{:>6}  ", rightlane_facts::words::percent(share)),
                Role::Strong,
            ),
            (bar, role(cause)),
        ];
        page.pieces(1, &pieces);
        let of_row = details.iter().filter(|waited| waited.cause == cause);
        let worth = of_row.filter(|waited| waited.seconds > 0.02 * total);
        for waited in worth.take(MOST_DETAILS) {
            let text = format!(
                "{}  {}",
                words::seconds(waited.seconds),
                waited.detail.words()
            );
            page.styled(4, 2, Role::Quiet, &text);
        }
    }
}

fn doubts(page: &mut Page, report: &LedgerReport) {
    let many = report.processes.len() > 1;
    let of_processes = report.processes.iter().flat_map(|process| {
        // That a child is no Python is no doubt: it stands there as what it is.
        let told = process.python.is_some() || process.parent.is_none();
        let refused = process.sampling.refused.iter().filter(move |_| told);
        refused.chain(&process.doubts).map(move |doubt| {
            if many {
                format!("process {}: {doubt}", process.pid)
            } else {
                doubt.clone()
            }
        })
    });
    let mut doubts: Vec<String> = report.doubts.iter().cloned().chain(of_processes).collect();
    const MOST: usize = 8;
    let more = doubts.len().saturating_sub(MOST);
    doubts.truncate(MOST);
    if more > 0 {
        doubts.push(format!(
            "{more} more of this kind, all of them in --format json"
        ));
    }
    if doubts.is_empty() {
        return;
    }
    page.heading("Not seen");
    for doubt in doubts {
        page.labelled_as(1, 2, ("•", Role::Quiet), (&doubt, Role::Plain));
    }
}
