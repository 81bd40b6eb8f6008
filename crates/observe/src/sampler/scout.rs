//! Finding child processes soon after they start.
//!
//! A notification would be better than asking, but the kernel's (the process connector) needs
//! root. Its cheapest answer is the last process id it gave out, in `/proc/loadavg` (2 µs): only
//! when that has changed are the lists of children read, which takes 10 µs for each thread.

use crate::kernel::process;
use crate::sys;
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

/// Between two looks at least.
const PAUSE: Duration = Duration::from_millis(10);

/// Part of the time that reading them may take.
const PART: u32 = 50;

/// Children looked at of one process.
const MOST_CHILDREN: usize = 4096;

/// Looks for processes that are new.
#[derive(Default)]
pub(super) struct Scout {
    /// `/proc/loadavg`: opening it costs four times what reading it does.
    file: Option<File>,
    last_id: String,
    rest: Duration,
    /// Ids met, with the time at which the process started.
    met: HashSet<(u32, u64)>,
    /// Whether some were left for when there is room.
    behind: bool,
}

/// Processes remembered at most.
const MOST_MET: usize = 1 << 18;

impl Scout {
    /// Descendants of `parents` that are new since the last time, with their parents, at most `room`
    /// of them; the others are found again later. `now` is the time since the beginning.
    pub(super) fn look(
        &mut self,
        parents: Vec<u32>,
        room: usize,
        now: impl Fn() -> Duration,
    ) -> Vec<(u32, u32)> {
        let begin = now();
        let wanted = |scout: &mut Self| scout.something_started() || scout.behind && room > 0;
        if begin < self.rest {
            return Vec::new();
        }
        if !wanted(self) {
            self.rest = begin + PAUSE;
            return Vec::new();
        }
        // By the CPU clock: on a busy machine the wall's would have it rest for longer than a child lives.
        let cpu = sys::thread_cpu_time();
        self.behind = false;
        let mut found = Vec::new();
        // What a new child has started is looked for at once: if nothing starts after that, there
        // is no other look.
        let mut queue = VecDeque::from(parents);
        while let Some(parent) = queue.pop_front() {
            for (child, started) in children(parent) {
                if self.met.contains(&(child, started)) {
                    continue;
                }
                if found.len() >= room {
                    self.behind = true;
                    continue;
                }
                self.met.insert((child, started));
                found.push((child, parent));
                queue.push_back(child);
            }
        }
        if self.met.len() > MOST_MET {
            self.met.clear();
        }
        let cost = sys::thread_cpu_time().saturating_sub(cpu);
        self.rest = now() + PAUSE.max(cost * PART);
        found
    }

    /// Whether there were more than there was room for at the last look.
    pub(super) fn is_behind(&self) -> bool {
        self.behind
    }

    fn something_started(&mut self) -> bool {
        let Some(last_id) = self.last_id() else {
            return true;
        };
        let changed = last_id != self.last_id;
        if changed {
            self.last_id = last_id;
        }
        changed
    }

    /// The last process id that the kernel gave out.
    fn last_id(&mut self) -> Option<String> {
        if self.file.is_none() {
            self.file = File::open("/proc/loadavg").ok();
        }
        let mut buffer = [0; 128];
        let length = self.file.as_ref()?.read_at(&mut buffer, 0).ok()?;
        let text = std::str::from_utf8(buffer.get(..length)?).ok()?;
        text.rsplit(' ').next().map(str::to_owned)
    }
}

/// The children of `parent` with the times at which they started.
fn children(parent: u32) -> impl Iterator<Item = (u32, u64)> {
    let listed = process::children(parent, MOST_CHILDREN).into_iter();
    listed.filter_map(move |child| {
        let stat = process::stat(child)?;
        // The list is a moment old: the id may be another process's by now.
        (stat.parent == parent).then_some((child, stat.started))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    #[test]
    fn one_look_finds_the_children_of_new_children_and_what_had_no_room_is_found_later() {
        // Nothing may start afterwards: then there is no second look.
        let inner = "sleep 60 & echo $!; wait";
        let mut child = Command::new("sh")
            .args(["-c", &format!("sh -c '{inner}' & wait")])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let innermost: u32 = line.trim().parse().unwrap();
        let mut scout = Scout::default();
        let first = scout.look(vec![child.id()], 1, || Duration::ZERO);
        assert!(scout.is_behind());
        let later = || Duration::from_secs(60);
        let parents = vec![child.id(), first[0].0];
        let second = scout.look(parents, 9, later);
        let found = Scout::default().look(vec![child.id()], 9, || Duration::ZERO);
        let left = [innermost, found.first().map_or(0, |(pid, _)| *pid)];
        for pid in left {
            let mut kill = Command::new("kill");
            let _ = kill.arg(pid.to_string()).stderr(Stdio::null()).status();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let between = found[0].0;
        assert_eq!(found, [(between, child.id()), (innermost, between)]);
        assert_eq!([first, second].concat(), found);
    }
}
