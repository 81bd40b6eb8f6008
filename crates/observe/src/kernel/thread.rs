//! One thread's state, clocks and system call.

use crate::kernel::{read_start, stat_fields};
use crate::sys;
use rustc_hash::FxHashMap;
use std::fs::File;

/// What a thread has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Clock {
    /// CPU time in nanoseconds. Exact for a thread that does not run; up to a timer tick (1 to
    /// 10 ms) behind for one that does.
    pub(crate) cpu: u64,
    /// Time spent runnable without a CPU, in nanoseconds; written when the CPU comes.
    pub(crate) delay: u64,
    /// How often it was given a CPU. Unchanged for a blocked thread: it has not moved since.
    pub(crate) runs: u64,
}

/// What a thread does at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// The kernel's letter: `R` runnable, `S` and `D` blocked, `Z` and `X` ended, `T` stopped.
    pub(crate) letter: u8,
    /// CPU time in the program's own code so far, in clock ticks.
    pub(crate) user: u64,
    /// CPU time in the kernel so far, in clock ticks.
    pub(crate) system: u64,
}

/// The system call that a thread is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// The thread was running when asked.
    Moving,
    /// Blocked outside any system call (a page fault).
    None,
    /// Blocked in this one.
    In { number: i64, arguments: [u64; 6] },
    /// The kernel does not say.
    Hidden,
}

#[derive(Default)]
struct Files {
    clock: Option<File>,
    state: Option<File>,
    call: Option<File>,
}

/// The threads of one process. Keeps their files open, which is ten times cheaper than opening
/// them for each sample, up to a limit that leaves the caller half of its own.
pub(crate) struct Threads {
    pid: u32,
    files: FxHashMap<i32, Files>,
    open: usize,
    most_open: usize,
    tick: u64,
}

/// Files kept open at most.
const MOST_OPEN: u64 = 8192;

impl Threads {
    /// The threads of process `pid`.
    pub(crate) fn new(pid: u32) -> Self {
        let limit = (sys::open_file_limit() / 2).min(MOST_OPEN);
        Threads {
            pid,
            files: FxHashMap::default(),
            open: 0,
            most_open: usize::try_from(limit).unwrap_or(0),
            tick: (1e9 / sys::ticks_per_second()) as u64,
        }
    }

    /// The thread's clocks; `None` if it is gone.
    pub(crate) fn clock(&mut self, tid: i32) -> Option<Clock> {
        let mut buffer = [0; 128];
        let parsed = self.with_file(
            tid,
            "schedstat",
            |files| &mut files.clock,
            |file| parse_clock(read_start(file, &mut buffer)?),
        );
        // Kernels without schedstat (gVisor, some minimal ones): tick-wide CPU times, no delays.
        parsed.or_else(|| {
            let state = self.state(tid)?;
            let ticks = state.user.saturating_add(state.system);
            Some(Clock {
                cpu: self.nanos(ticks),
                delay: 0,
                // Never equal to the last one by chance: "has not moved" cannot be told here.
                runs: u64::MAX,
            })
        })
    }

    /// The thread's state; `None` if it is gone.
    pub(crate) fn state(&mut self, tid: i32) -> Option<State> {
        let mut buffer = [0; 512];
        self.with_file(
            tid,
            "stat",
            |files| &mut files.state,
            |file| parse_state(read_start(file, &mut buffer)?),
        )
    }

    /// So many clock ticks in nanoseconds.
    pub(crate) fn nanos(&self, ticks: u64) -> u64 {
        ticks.saturating_mul(self.tick)
    }

    /// The system call that the thread is in.
    pub(crate) fn call(&mut self, tid: i32) -> Call {
        let mut buffer = [0; 256];
        self.with_file(
            tid,
            "syscall",
            |files| &mut files.call,
            |file| Some(parse_call(read_start(file, &mut buffer)?)),
        )
        .unwrap_or(Call::Hidden)
    }

    /// Closes the files of threads that are not `wanted` any more.
    pub(crate) fn retain(&mut self, wanted: impl Fn(i32) -> bool) {
        let open = &mut self.open;
        self.files.retain(|tid, files| {
            let keep = wanted(*tid);
            if !keep {
                let slots = [&files.clock, &files.state, &files.call];
                *open = open.saturating_sub(slots.iter().filter(|slot| slot.is_some()).count());
            }
            keep
        });
    }

    fn with_file<T>(
        &mut self,
        tid: i32,
        name: &str,
        slot: impl Fn(&mut Files) -> &mut Option<File>,
        read: impl FnOnce(&File) -> Option<T>,
    ) -> Option<T> {
        if let Some(file) = self
            .files
            .get_mut(&tid)
            .and_then(|files| slot(files).as_ref())
        {
            return read(file);
        }
        // Only then remembered: ids that are none come in any number from memory that lies.
        let file = File::open(format!("/proc/{}/task/{tid}/{name}", self.pid)).ok()?;
        let value = read(&file);
        if self.open < self.most_open {
            self.open += 1;
            *slot(self.files.entry(tid).or_default()) = Some(file);
        }
        value
    }
}

/// The three numbers of `schedstat`.
pub(crate) fn parse_clock(text: &str) -> Option<Clock> {
    let mut numbers = text
        .split_ascii_whitespace()
        .map(|number| number.parse().ok());
    Some(Clock {
        cpu: numbers.next()??,
        delay: numbers.next()??,
        runs: numbers.next()??,
    })
}

/// What a thread's `stat` says.
pub(crate) fn parse_state(text: &str) -> Option<State> {
    let mut fields = stat_fields(text)?;
    let letter = *fields.next()?.as_bytes().first()?;
    // Fields 14 and 15 of the manual page; the letter is the third.
    let mut times = fields.skip(10).map(|field| field.parse().unwrap_or(0));
    Some(State {
        letter,
        user: times.next().unwrap_or(0),
        system: times.next().unwrap_or(0),
    })
}

/// `running`, or `NUMBER ARG0 … ARG5 SP PC` with hexadecimal arguments, or `-1 SP PC`.
pub(crate) fn parse_call(text: &str) -> Call {
    if text.starts_with("running") {
        return Call::Moving;
    }
    let mut fields = text.split_ascii_whitespace();
    let Some(number) = fields.next().and_then(|field| field.parse::<i64>().ok()) else {
        return Call::Hidden;
    };
    if number < 0 {
        return Call::None;
    }
    let mut arguments = [0; 6];
    for (argument, field) in arguments.iter_mut().zip(fields) {
        *argument = u64::from_str_radix(field.trim_start_matches("0x"), 16).unwrap_or(0);
    }
    Call::In { number, arguments }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_syscall_file_is_told_apart() {
        assert_eq!(parse_call("running\n"), Call::Moving);
        assert_eq!(parse_call("-1 0x7ffd 0x7f01\n"), Call::None);
        assert_eq!(parse_call(""), Call::Hidden);
        assert_eq!(
            parse_call("202 0x7f 0x189 0x0 0x10 0x0 0xffffffffffffffff 0x7ffd 0x7f01\n"),
            Call::In {
                number: 202,
                arguments: [0x7f, 0x189, 0, 0x10, 0, u64::MAX],
            }
        );
    }

    #[test]
    fn the_state_is_the_letter_and_the_cpu_times() {
        let text = "7 (a b) S 1 7 7 0 -1 4194560 107 0 0 0 11 12 13 14 20 0 3 0 55";
        let state = State {
            letter: b'S',
            user: 11,
            system: 12,
        };
        assert_eq!(parse_state(text), Some(state));
        assert_eq!(parse_state("7 (a) R").map(|state| state.user), Some(0));
        assert_eq!(parse_state("7 (a)"), None);
    }

    #[test]
    fn own_thread_runs_and_unknown_ones_are_gone() {
        let mut threads = Threads::new(std::process::id());
        let tid = std::process::id().cast_signed();
        assert!(threads.clock(tid).is_some());
        assert!(b"RSD".contains(&threads.state(tid).unwrap().letter));
        assert_eq!(threads.clock(-5), None);
        assert_eq!(threads.state(-5), None);
        assert_eq!(threads.call(-5), Call::Hidden);
        assert_eq!(
            threads.files.len(),
            1,
            "nothing is kept of ids that are none"
        );
        threads.retain(|_| false);
        assert_eq!(threads.open, 0);
    }
}
