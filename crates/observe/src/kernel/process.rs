//! Sizes of a process as a whole.

use crate::kernel::descriptors::socket_inode;
use crate::kernel::{MOST_LISTED, read_capped, stat_field, stat_fields};
use crate::sys;
use std::fs;

/// What `/proc/PID/stat` says. Readable until the process has been waited for, zombies included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ProcessStat {
    /// The main thread's state letter; `Z` and `X` mean that the process has ended.
    pub(crate) letter: u8,
    /// CPU seconds of all its threads, past ones included.
    pub(crate) cpu: f64,
    /// CPU seconds of the children that it has waited for, with theirs.
    pub(crate) waited_children_cpu: f64,
    /// Pages of memory that the kernel had to provide without reading a disk.
    pub(crate) page_faults: u64,
    /// Its parent's id.
    pub(crate) parent: u32,
    /// When it started, in clock ticks since boot.
    pub(crate) started: u64,
    /// Memory resident now, in pages.
    pub(crate) resident: u64,
    /// Changes when the process executes another program (start of code and of the stack).
    pub(crate) image: (u64, u64),
}

impl ProcessStat {
    /// Whether the process has ended.
    pub(crate) fn ended(&self) -> bool {
        matches!(self.letter, b'Z' | b'X')
    }
}

/// Sizes of process `pid` now; `None` once it has been waited for.
pub(crate) fn stat(pid: u32) -> Option<ProcessStat> {
    parse_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// What the text of that file says.
pub(crate) fn parse_stat(bytes: &[u8]) -> Option<ProcessStat> {
    // The name may be cut in the middle of a character.
    let text = String::from_utf8_lossy(bytes);
    let fields = stat_fields(&text)?;
    let ticks = sys::ticks_per_second();
    let seconds = |numbers: [usize; 2]| {
        let ticks_used: u64 = numbers
            .iter()
            .map(|number| stat_field(&fields, *number))
            .fold(0, u64::saturating_add);
        ticks_used as f64 / ticks
    };
    Some(ProcessStat {
        letter: *fields.clone().next()?.as_bytes().first()?,
        cpu: seconds([14, 15]),
        waited_children_cpu: seconds([16, 17]),
        page_faults: stat_field(&fields, 10),
        parent: u32::try_from(stat_field(&fields, 4)).unwrap_or(0),
        started: stat_field(&fields, 22),
        resident: stat_field(&fields, 24),
        image: (stat_field(&fields, 26), stat_field(&fields, 28)),
    })
}

/// (calls, bytes) of reading and writing files so far; `None` where the kernel does not count
/// them, or does not tell.
pub(crate) fn file_traffic(pid: u32) -> Option<(u64, u64)> {
    parse_traffic(&fs::read_to_string(format!("/proc/{pid}/io")).ok()?)
}

/// What the text of `/proc/PID/io` says.
pub(crate) fn parse_traffic(text: &str) -> Option<(u64, u64)> {
    let field = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_prefix(':')?.trim().parse().ok()
    };
    let sum = |one, other| field(one)?.checked_add(field(other)?);
    Some((sum("syscr", "syscw")?, sum("rchar", "wchar")?))
}

/// Most memory resident so far, in bytes; `None` for a process that has ended.
pub(crate) fn peak_memory(pid: u32) -> Option<u64> {
    parse_peak(&fs::read(format!("/proc/{pid}/status")).ok()?)
}

/// What the text of `/proc/PID/status` says.
pub(crate) fn parse_peak(status: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(status);
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// Sockets open now.
pub(crate) fn sockets(pid: u32) -> u32 {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return 0;
    };
    let sockets = entries
        .flatten()
        .take(MOST_DESCRIPTORS)
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter(|link| socket_inode(&link.to_string_lossy()).is_some())
        .count();
    u32::try_from(sockets).unwrap_or(u32::MAX)
}

/// Descriptors looked at; each costs a system call.
const MOST_DESCRIPTORS: usize = 4096;

/// Bytes read of a list of children: ten thousand of them.
const LONGEST_CHILDREN: u64 = 64 << 10;

/// The ids of the process's threads, of the first ones if there are very many.
pub(crate) fn threads(pid: u32) -> Vec<i32> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    entries
        .flatten()
        .take(MOST_LISTED)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// The process's command line, shortened, without what would confuse a terminal; its name in
/// brackets if it has none.
pub(crate) fn command(pid: u32) -> String {
    let line =
        super::read_capped(&format!("/proc/{pid}/cmdline"), LONGEST_COMMAND).unwrap_or_default();
    let line = super::plain(line.trim_end_matches('\0').replace('\0', " ").trim());
    if !line.is_empty() {
        return line;
    }
    let name =
        super::read_capped(&format!("/proc/{pid}/comm"), LONGEST_COMMAND).unwrap_or_default();
    match name.trim_end() {
        "" => String::new(),
        name => format!("[{}]", super::plain(name)),
    }
}

/// Bytes kept of a command line.
const LONGEST_COMMAND: u64 = 200;

/// The name of one thread, without what would confuse a terminal.
pub(crate) fn thread_name(pid: u32, tid: i32) -> String {
    let name = super::read_capped(&format!("/proc/{pid}/task/{tid}/comm"), LONGEST_COMMAND)
        .unwrap_or_default();
    super::plain(name.trim_end_matches('\n'))
}

/// The process's children that are alive or not yet waited for, at most `limit`.
pub(crate) fn children(pid: u32, limit: usize) -> Vec<u32> {
    let mut found = Vec::new();
    for tid in threads(pid) {
        // Missing where the kernel is built without it; then only waited-for children count.
        let path = format!("/proc/{pid}/task/{tid}/children");
        let text = read_capped(&path, LONGEST_CHILDREN).unwrap_or_default();
        found.extend(
            text.split_ascii_whitespace()
                .filter_map(|child| child.parse::<u32>().ok()),
        );
        if found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_process_has_sizes_and_a_missing_one_has_none() {
        let pid = std::process::id();
        let now = stat(pid).unwrap();
        assert!(!now.ended() && now.cpu >= 0.0 && now.image.1 != 0);
        assert!(peak_memory(pid).unwrap() > 100_000);
        assert!(threads(pid).contains(&pid.cast_signed()));
        assert!(now.page_faults > 0);
        if let Some((calls, bytes)) = file_traffic(pid) {
            fs::read("/proc/self/cmdline").unwrap();
            let (more, longer) = file_traffic(pid).unwrap();
            assert!(more > calls && longer > bytes);
        }
        let before = sockets(pid);
        let _socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(sockets(pid) > before || before > 0);
        assert!(stat(u32::MAX).is_none());
        assert!(threads(u32::MAX).is_empty());
        assert_eq!(sockets(u32::MAX), 0);
        assert!(file_traffic(u32::MAX).is_none());
    }

    #[test]
    fn a_zombie_can_still_be_read_and_its_parent_has_it_as_a_child() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let ended = loop {
            let now = stat(child.id()).expect("not waited for yet");
            if now.ended() {
                break now;
            }
            std::thread::yield_now();
        };
        assert_eq!(ended.letter, b'Z');
        assert!(children(std::process::id(), 100_000).contains(&child.id()));
        child.wait().unwrap();
        assert!(stat(child.id()).is_none());
    }
}
