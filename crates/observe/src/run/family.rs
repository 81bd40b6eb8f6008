//! The processes that a program started, found through `/proc`.
//!
//! Only while a program is being cut short: then this process becomes the one that adopts
//! orphans, so that none slips away when the process between is ended first. In all other runs
//! orphans go where they would without us.

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpid, pidfd_open, pidfd_send_signal,
    set_child_subreaper, waitid,
};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// How many cuts are going on: the last one to end gives orphans back to the system.
static ADOPTING: Mutex<u32> = Mutex::new(0);

/// When a process started, in clock ticks since boot: with the pid, its identity.
type Start = u64;

#[derive(Debug, Clone, Copy)]
struct Entry {
    parent: i32,
    start: Start,
    zombie: bool,
}

/// The descendants of a program, the program itself left out.
pub(super) struct Family {
    head: i32,
    ours: i32,
    members: HashMap<i32, Start>,
    alive: HashSet<i32>,
    /// Our own children at the last look: one that is older than that look and was not among
    /// them has been adopted.
    children: HashSet<i32>,
    looked: Start,
}

impl Family {
    pub(super) fn of(head: Pid) -> Self {
        adopt(true);
        let mut family = Self {
            head: head.as_raw_nonzero().get(),
            ours: getpid().as_raw_nonzero().get(),
            members: HashMap::new(),
            alive: HashSet::new(),
            children: HashSet::new(),
            looked: 0,
        };
        family.look();
        family
    }

    /// Finds members that are new, and which are still alive.
    pub(super) fn look(&mut self) {
        let all = processes();
        for (pid, entry) in &all {
            if entry.parent == self.ours
                && entry.start < self.looked
                && !self.children.contains(pid)
                && *pid != self.head
            {
                self.members.insert(*pid, entry.start);
            }
        }
        self.add_descendants(&all);
        self.children = children_of(&all, self.ours);
        self.looked = all
            .values()
            .map(|entry| entry.start)
            .max()
            .unwrap_or(self.looked);
        let alive = |pid: &i32, start: &Start| {
            all.get(pid)
                .is_some_and(|entry| entry.start == *start && !entry.zombie)
        };
        self.alive = self
            .members
            .iter()
            .filter(|(pid, start)| alive(pid, start))
            .map(|(pid, _)| *pid)
            .collect();
        self.bury(&all);
    }

    fn add_descendants(&mut self, all: &HashMap<i32, Entry>) {
        let mut known: HashSet<i32> = self.members.keys().copied().chain([self.head]).collect();
        loop {
            let new: Vec<(i32, Start)> = all
                .iter()
                .filter(|(pid, entry)| known.contains(&entry.parent) && !known.contains(pid))
                .map(|(pid, entry)| (*pid, entry.start))
                .collect();
            if new.is_empty() {
                return;
            }
            known.extend(new.iter().map(|(pid, _)| *pid));
            self.members.extend(new);
        }
    }

    /// Reaps members that we adopted and that have ended.
    fn bury(&self, all: &HashMap<i32, Entry>) {
        for (pid, start) in &self.members {
            let Some(entry) = all.get(pid) else { continue };
            if entry.zombie
                && entry.start == *start
                && entry.parent == self.ours
                && let Some(pid) = Pid::from_raw(*pid)
            {
                let _ = waitid(
                    WaitId::Pid(pid),
                    WaitIdOptions::EXITED | WaitIdOptions::NOHANG,
                );
            }
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.alive.is_empty()
    }

    /// Sends `signal` to all that are alive.
    pub(super) fn signal(&self, signal: Signal) {
        for number in &self.alive {
            let Some(pid) = Pid::from_raw(*number) else {
                continue;
            };
            // The descriptor pins the process: if it is still the one we know, it stays that.
            let Ok(descriptor) = pidfd_open(pid, PidfdFlags::empty()) else {
                continue;
            };
            if stat(*number).map(|entry| entry.start) == self.members.get(number).copied() {
                let _ = pidfd_send_signal(descriptor, signal);
            }
        }
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        adopt(false);
    }
}

fn adopt(begin: bool) {
    let mut count = ADOPTING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    *count = if begin {
        *count + 1
    } else {
        count.saturating_sub(1)
    };
    // Any pid switches it on. Where it is not possible, orphans escape as they would from a shell.
    let _ = set_child_subreaper((*count > 0).then(getpid));
}

fn children_of(all: &HashMap<i32, Entry>, parent: i32) -> HashSet<i32> {
    all.iter()
        .filter(|(_, entry)| entry.parent == parent)
        .map(|(pid, _)| *pid)
        .collect()
}

fn processes() -> HashMap<i32, Entry> {
    let Ok(listing) = std::fs::read_dir("/proc") else {
        return HashMap::new();
    };
    listing
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, stat(pid)?)))
        .collect()
}

/// `/proc/PID/stat`: the command's name may hold anything, so fields count from its last `)`.
fn stat(pid: i32) -> Option<Entry> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let zombie = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    // State and parent are fields 3 and 4; the start time is field 22.
    let start = fields.nth(17)?.parse().ok()?;
    Some(Entry {
        parent,
        start,
        zombie,
    })
}
