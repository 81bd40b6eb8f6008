//! The table's rows: one for each thread, or for each group of threads that do the same.

use super::text::clean;
use super::words::{self, Said};
use rightlane_facts::{Ledger, LiveProcess, LiveThread, LiveView, WaitCause};
use std::collections::HashMap;

/// A thread, wherever its row stands; a process without Python threads has the thread 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) pid: u32,
    pub(super) tid: i32,
}

/// A row. All of its text is clean.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The threads it stands for; the first one is that whose details are shown.
    pub(super) members: Vec<Key>,
    pub(super) name: String,
    /// What the thread does; `None` for a process whose threads are not seen.
    pub(super) cause: Option<WaitCause>,
    /// For how long.
    pub(super) since: f64,
    /// Shares of the window, 0 to 1; a group's may be more.
    pub(super) gil: f64,
    pub(super) cpu: f64,
    pub(super) ledger: Ledger,
    pub(super) waits: Said,
    pub(super) place: Said,
    /// What the filter searches: small letters.
    haystack: String,
}

impl Row {
    /// Whether nothing would be missed without it: no CPU used, none waited for, no GIL either.
    pub(super) fn is_idle(&self) -> bool {
        let ledger = &self.ledger;
        let busy = ledger.gil_cpu() + ledger.free_cpu() + ledger.cpu_wait + ledger.gil_wait;
        let now = matches!(
            self.cause,
            Some(
                WaitCause::PythonGil
                    | WaitCause::NativeGil
                    | WaitCause::NativeReleased
                    | WaitCause::Kernel
                    | WaitCause::CpuWait
                    | WaitCause::GilWait
            )
        );
        // Half a per cent: what waking up for a timeout costs.
        !now && busy <= 0.005 * ledger.total() && self.cpu <= 0.005
    }

    /// Whether `text` (small letters) is in what the row says or in a function on its stack.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.haystack.contains(text)
    }

    /// The thread whose details are shown.
    pub(super) fn key(&self) -> Option<Key> {
        self.members.first().copied()
    }

    /// How many threads it stands for.
    pub(super) fn count(&self) -> usize {
        self.members.len()
    }
}

/// A row for each thread of `view`, and for each process that shows none.
pub(super) fn rows(view: &LiveView) -> Vec<Row> {
    let alive = view.processes.iter().filter(|process| !process.ended);
    alive.flat_map(of_process).collect()
}

fn of_process(process: &LiveProcess) -> Vec<Row> {
    if process.threads.is_empty() {
        return vec![without_threads(process)];
    }
    let names: HashMap<i32, String> = process
        .threads
        .iter()
        .map(|thread| (thread.tid, words::name(thread)))
        .collect();
    let holder = gil_holders(process).into_iter().next();
    let holder = holder.map(|(name, share)| format!("{name} {}", percent(share)));
    process
        .threads
        .iter()
        .map(|thread| of_thread(process.pid, thread, &names, holder.as_deref()))
        .collect()
}

fn of_thread(
    pid: u32,
    thread: &LiveThread,
    names: &HashMap<i32, String>,
    holder: Option<&str>,
) -> Row {
    let ledger = &thread.ledger;
    let total = ledger.total();
    let cpu = ledger.gil_cpu() + ledger.free_cpu();
    let mut row = Row {
        members: vec![Key {
            pid,
            tid: thread.tid,
        }],
        name: words::name(thread),
        cause: Some(thread.cause),
        since: thread.since,
        gil: thread.gil_share(),
        cpu: if total > 0.0 { cpu / total } else { 0.0 },
        ledger: *ledger,
        waits: words::waits(thread, names, holder),
        place: words::whereabouts(&thread.frames),
        haystack: String::new(),
    };
    row.haystack = haystack(&row, thread.cause);
    for frame in &thread.frames {
        row.haystack.push('\n');
        row.haystack.push_str(&frame.function.to_lowercase());
    }
    row
}

fn haystack(row: &Row, cause: WaitCause) -> String {
    let parts = [
        row.name.as_str(),
        words::state(cause),
        cause.words(),
        row.waits.long(),
        row.place.long(),
    ];
    let ids = row
        .members
        .iter()
        .map(|key| format!("\n{} {}", key.pid, key.tid));
    parts.join("\n").to_lowercase() + &ids.collect::<String>()
}

/// A process that shows no thread: no Python, or none that can be read.
fn without_threads(process: &LiveProcess) -> Row {
    let command = clean(&process.command);
    let reason = match (&process.refused, process.python) {
        (Some(reason), _) => reason.as_str(),
        (None, Some(_)) => "no thread seen yet",
        (None, None) => "not a Python program",
    };
    let place = Said::new([reason]);
    Row {
        members: vec![Key {
            pid: process.pid,
            tid: 0,
        }],
        haystack: format!("{command}\n{}\n{}", place.long(), process.pid).to_lowercase(),
        name: command,
        cause: None,
        since: 0.0,
        gil: 0.0,
        cpu: process.cpu,
        ledger: Ledger::default(),
        waits: Said::default(),
        place,
    }
}

/// Who held the process's GIL in the window, with the share of it, most first.
pub(super) fn gil_holders(process: &LiveProcess) -> Vec<(String, f64)> {
    let mut holders: Vec<(&LiveThread, f64)> = process
        .threads
        .iter()
        .map(|thread| (thread, thread.gil_share()))
        .filter(|(_, share)| *share >= 0.005)
        .collect();
    holders.sort_by(|a, b| b.1.total_cmp(&a.1));
    holders
        .into_iter()
        .map(|(thread, share)| (words::name(thread), share))
        .collect()
}

/// A share as the table has it: whole per cent.
pub(super) fn percent(share: f64) -> String {
    rightlane_facts::words::percent(share)
}

/// Rows that do the same at the same place as one row each, in the order of their first ones.
pub(super) fn grouped(rows: Vec<Row>) -> Vec<Row> {
    let mut groups: Vec<Row> = Vec::new();
    let mut known: HashMap<(Option<WaitCause>, String), usize> = HashMap::new();
    for row in rows {
        let alike = (row.cause, row.place.long().to_owned());
        match known.get(&alike).and_then(|group| groups.get_mut(*group)) {
            Some(group) => join(group, row),
            None => {
                known.insert(alike, groups.len());
                groups.push(row);
            }
        }
    }
    for group in groups.iter_mut().filter(|group| group.count() > 1) {
        let stem = group
            .name
            .trim_end_matches(|last: char| !last.is_alphabetic());
        let what = if stem.is_empty() { "threads" } else { stem };
        group.name = format!("{}× {what}", group.count());
    }
    groups
}

fn join(group: &mut Row, row: Row) {
    group.members.extend(row.members);
    // What their names begin with alike.
    let letters = group.name.chars().zip(row.name.chars());
    group.name = letters
        .take_while(|(a, b)| a == b)
        .map(|(letter, _)| letter)
        .collect();
    group.since = group.since.max(row.since);
    group.gil += row.gil;
    group.cpu += row.cpu;
    group.ledger.merge(&row.ledger);
    if group.waits != row.waits {
        group.waits = Said::new(["several different", "several"]);
    }
}
