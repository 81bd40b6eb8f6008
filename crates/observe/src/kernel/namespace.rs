//! Thread ids of a process in a container: what it calls its threads is not what we call them.

use crate::kernel::{process, read_capped};
use rustc_hash::FxHashMap;
use std::path::Path;

/// The ids of one process's threads, from its own point of view to ours.
pub(crate) struct Ids {
    pid: u32,
    /// Whether the process sees other ids than we do.
    nested: bool,
    outer: FxHashMap<i32, i32>,
    /// Whether the threads may be listed (again) in this round: ids from memory that lies are not
    /// looked for each by itself.
    may_list: bool,
}

/// An id that no thread has.
const NOBODY: i32 = i32::MAX;

/// Bytes of `/proc/PID/status` read.
const LONGEST_STATUS: u64 = 8 << 10;

impl Ids {
    /// Those of process `pid`.
    pub(crate) fn new(pid: u32) -> Self {
        let ids = read_capped(&format!("/proc/{pid}/status"), LONGEST_STATUS)
            .map(|status| ids(&status))
            .unwrap_or_default();
        Ids {
            pid,
            nested: ids.len() > 1,
            outer: FxHashMap::default(),
            may_list: true,
        }
    }

    /// Whether the process sees other ids than we do.
    pub(crate) fn are_nested(&self) -> bool {
        self.nested
    }

    /// Begins another round of samples.
    pub(crate) fn next_round(&mut self) {
        self.may_list = true;
    }

    /// Our id for what the process calls thread `inner`.
    pub(crate) fn outer(&mut self, inner: i32) -> i32 {
        if !self.nested || inner <= 0 {
            return inner;
        }
        if let Some(outer) = self.known(inner) {
            return outer;
        }
        if std::mem::take(&mut self.may_list) {
            self.list();
        }
        self.known(inner).unwrap_or(NOBODY)
    }

    /// The thread may have ended, and its id belong to another one.
    fn known(&self, inner: i32) -> Option<i32> {
        let outer = *self.outer.get(&inner)?;
        let there = Path::new(&format!("/proc/{}/task/{outer}", self.pid)).exists();
        there.then_some(outer)
    }

    fn list(&mut self) {
        self.outer.clear();
        for tid in process::threads(self.pid) {
            let path = format!("/proc/{}/task/{tid}/status", self.pid);
            let status = read_capped(&path, LONGEST_STATUS).unwrap_or_default();
            if let Some(inner) = ids(&status).last() {
                self.outer.insert(*inner, tid);
            }
        }
    }
}

/// The ids in each of its namespaces, ours first.
fn ids(status: &str) -> Vec<i32> {
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let ids = line.unwrap_or_default().split_ascii_whitespace();
    ids.filter_map(|id| id.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_our_namespace() {
        assert_eq!(
            ids("Name:\tx\nNSpid:\t4711\t12\t1\nNSpgid:\t3\n"),
            [4711, 12, 1]
        );
        assert!(ids("Name:\tx\n").is_empty());
        let mut own = Ids::new(std::process::id());
        assert!(own.are_nested() || own.outer(77) == 77);
        own.nested = true;
        assert_eq!(own.outer(NOBODY - 1), NOBODY);
    }
}
