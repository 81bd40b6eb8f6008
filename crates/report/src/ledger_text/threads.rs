//! Threads beside the main one, and processes beside the program's own.

use super::headline::build;
use crate::look::Role;
use crate::page::{Page, shortened};
use crate::text::bar::{bar, legend, parts};
use rightlane_facts::{Ledger, LedgerReport, ProcessLedger, ThreadLedger, words};
use std::collections::BTreeMap;

const SHOWN: usize = 10;
const BAR: usize = 16;

pub(super) fn write(page: &mut Page, report: &LedgerReport) {
    let Some(process) = report.processes.first() else {
        return;
    };
    let groups = groups(process);
    if groups.is_empty() {
        return;
    }
    page.heading("Other threads");
    for group in groups.iter().take(SHOWN) {
        let name = match group.count {
            1 => format!("{} ({})", group.name, group.tid),
            count => format!("{} × {count}", group.name),
        };
        entry(page, &name, group.seconds, &group.ledger);
    }
    if groups.len() > SHOWN {
        let more = groups.len() - SHOWN;
        let text = format!("{more} more kinds, all of them in --format json");
        page.styled(1, 0, Role::Quiet, &text);
    }
}

/// Threads of one name.
struct Group<'a> {
    name: &'a str,
    tid: i32,
    count: usize,
    seconds: f64,
    ledger: Ledger,
}

fn groups(process: &ProcessLedger) -> Vec<Group<'_>> {
    let mut by_name: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    for thread in process.threads.iter().filter(|thread| !thread.main) {
        let group = by_name.entry(name(thread)).or_insert_with(|| Group {
            name: name(thread),
            tid: thread.tid,
            count: 0,
            seconds: 0.0,
            ledger: Ledger::default(),
        });
        group.count += 1;
        group.seconds += thread.wall_seconds;
        group.ledger.merge(&thread.ledger);
    }
    let mut groups: Vec<Group<'_>> = by_name.into_values().collect();
    let busy = |group: &Group<'_>| group.seconds - group.ledger.waiting();
    groups.sort_by(|a, b| {
        let order = busy(b).total_cmp(&busy(a));
        order.then(b.seconds.total_cmp(&a.seconds))
    });
    groups
}

/// Pools number their threads: `fetch_0`, `fetch_1`.
fn name(thread: &ThreadLedger) -> &str {
    let name = thread
        .name
        .trim_end_matches(|last: char| last.is_ascii_digit());
    let name = name.trim_end_matches(['-', '_', ' ']);
    if name.is_empty() { "thread" } else { name }
}

pub(super) fn processes(page: &mut Page, report: &LedgerReport) {
    let children = report.processes.get(1..).unwrap_or_default();
    if children.is_empty() {
        return;
    }
    page.heading("Child processes");
    for process in children.iter().take(SHOWN) {
        let python = match process.python {
            Some(python) => build(python),
            None => "no Python".to_owned(),
        };
        let command = shortened(&process.command, page.look().width().saturating_sub(44));
        let name = format!("{} {command} ({python})", process.pid);
        let mut ledger = process.ledger;
        if process.python.is_none() {
            ledger = Ledger::default();
        }
        entry(page, &name, process.wall_seconds, &ledger);
    }
    if children.len() > SHOWN {
        let more = words::count((children.len() - SHOWN) as u64, "more process");
        let text = format!(
            "{}, all of them in --format json",
            more.replace("processs", "processes")
        );
        page.styled(1, 0, Role::Quiet, &text);
    }
}

fn entry(page: &mut Page, name: &str, seconds: f64, ledger: &Ledger) {
    let time = words::seconds(seconds);
    page.spread(1, &[(name.to_owned(), Role::Strong)], &(time, Role::Plain));
    let parts = parts(ledger);
    if parts.is_empty() {
        return;
    }
    let drawn = bar(&parts, BAR, page.look());
    let room = page.look().width().saturating_sub(BAR + 6);
    let text = shortened(&legend(&parts).join("  "), room);
    page.raw(&format!("    {drawn}  {text}"));
}
