//! What is behind a file descriptor of another process.

use crate::kernel::peers::Peers;
use crate::kernel::read_capped;
use std::collections::HashMap;
use std::os::unix::fs::FileTypeExt;

/// What a descriptor refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descriptor {
    /// A socket, by inode.
    Socket(u64),
    /// A pipe, named or not, or a terminal: something at whose other end somebody writes.
    Pipe,
    /// A file or directory.
    File,
    /// A process.
    Process,
    /// A set of descriptors to wait for.
    Epoll,
    /// A timer.
    Timer,
    /// Anything else.
    Other,
}

/// The descriptors of one process.
pub(crate) struct Descriptors {
    pid: u32,
    /// Its sockets.
    pub(crate) peers: Peers,
    /// What an epoll descriptor watches, and in which round that was read.
    watched: HashMap<u64, (u64, Vec<Descriptor>)>,
    round: u64,
}

/// Epoll sets remembered at most.
const MOST_SETS: usize = 4096;

/// Descriptors of an epoll set looked at.
const MOST_WATCHED: usize = 64;

/// Bytes read of a descriptor's description: more than the lines (80 bytes) of those members of an
/// epoll set that are looked at.
const LONGEST_INFO: u64 = 16 << 10;

/// Rounds after which an epoll set is read again: reading one with 400 sockets takes 2 ms.
const KEEP_ROUNDS: u64 = 50;

impl Descriptors {
    /// The descriptors of process `pid`.
    pub(crate) fn new(pid: u32) -> Self {
        Descriptors {
            pid,
            peers: Peers::new(pid),
            watched: HashMap::new(),
            round: 0,
        }
    }

    /// Begins another round of samples.
    pub(crate) fn next_round(&mut self) {
        self.round += 1;
    }

    /// What descriptor `number` refers to.
    pub(crate) fn kind(&self, number: u64) -> Descriptor {
        let path = format!("/proc/{}/fd/{number}", self.pid);
        let Ok(link) = std::fs::read_link(&path) else {
            return Descriptor::Other;
        };
        let link = link.to_string_lossy();
        if !link.starts_with('/') {
            return named(&link);
        }
        // Named pipes and terminals have a path like files; what lies behind it tells them apart.
        match std::fs::metadata(&path).map(|data| data.file_type()) {
            Ok(kind) if kind.is_fifo() || kind.is_char_device() => Descriptor::Pipe,
            Ok(_) | Err(_) => Descriptor::File,
        }
    }

    /// What the epoll descriptor `number` watches.
    pub(crate) fn watched(&mut self, number: u64) -> &[Descriptor] {
        let fresh = self
            .watched
            .get(&number)
            .is_some_and(|(round, _)| self.round - round < KEEP_ROUNDS);
        if !fresh {
            let text = self.info(number);
            let kinds = watched_numbers(&text)
                .take(MOST_WATCHED)
                .map(|number| self.kind(number))
                .collect();
            if self.watched.len() >= MOST_SETS {
                self.watched.clear();
            }
            self.watched.insert(number, (self.round, kinds));
        }
        self.watched.get(&number).map_or(&[], |(_, kinds)| kinds)
    }

    /// The path of the file behind descriptor `number`.
    pub(crate) fn path(&self, number: u64) -> Option<String> {
        let link = std::fs::read_link(format!("/proc/{}/fd/{number}", self.pid)).ok()?;
        let path = link.to_string_lossy();
        path.starts_with('/').then(|| super::plain(&path))
    }

    /// The process that descriptor `number` (a pidfd) stands for.
    pub(crate) fn process(&self, number: u64) -> Option<u32> {
        let text = self.info(number);
        let line = text.lines().find_map(|line| line.strip_prefix("Pid:"))?;
        line.trim().parse().ok()
    }

    fn info(&self, number: u64) -> String {
        read_capped(&format!("/proc/{}/fdinfo/{number}", self.pid), LONGEST_INFO)
            .unwrap_or_default()
    }
}

/// Links that are no paths: `socket:[7]`, `pipe:[7]`, `anon_inode:[eventpoll]`, …
pub(crate) fn named(link: &str) -> Descriptor {
    if let Some(inode) = socket_inode(link) {
        return Descriptor::Socket(inode);
    }
    let link = link.strip_prefix("anon_inode:").unwrap_or(link);
    let name = link.trim_start_matches('[');
    match name.split([':', ']']).next().unwrap_or_default() {
        "pipe" => Descriptor::Pipe,
        "pidfd" => Descriptor::Process,
        "eventpoll" => Descriptor::Epoll,
        "timerfd" => Descriptor::Timer,
        _ => Descriptor::Other,
    }
}

/// The inode in `socket:[7]`.
pub(crate) fn socket_inode(link: &str) -> Option<u64> {
    let inode = link.strip_prefix("socket:[")?.strip_suffix(']')?;
    inode.parse().ok()
}

/// The descriptors in an epoll descriptor's `fdinfo`.
pub(crate) fn watched_numbers(text: &str) -> impl Iterator<Item = u64> + '_ {
    text.lines()
        .filter_map(|line| line.strip_prefix("tfd:"))
        .filter_map(|rest| rest.split_ascii_whitespace().next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_every_kind_are_told_apart() {
        assert_eq!(named("socket:[4711]"), Descriptor::Socket(4711));
        assert_eq!(named("pipe:[12]"), Descriptor::Pipe);
        assert_eq!(named("anon_inode:[eventpoll]"), Descriptor::Epoll);
        assert_eq!(named("anon_inode:[timerfd]"), Descriptor::Timer);
        // Until Linux 6.8, and since.
        assert_eq!(named("anon_inode:[pidfd]"), Descriptor::Process);
        assert_eq!(named("pidfd:[19]"), Descriptor::Process);
        assert_eq!(named("anon_inode:inotify"), Descriptor::Other);
        assert_eq!(named("socket:[x]"), Descriptor::Other);
    }

    #[test]
    fn an_epoll_sets_members_are_listed() {
        let text = "pos:\t0\nflags:\t02\ntfd:        5 events:       19 data: 5  pos:0\ntfd:       12 events: 1\n";
        assert_eq!(watched_numbers(text).collect::<Vec<_>>(), [5, 12]);
    }
}
