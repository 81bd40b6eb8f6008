//! What is behind a file descriptor of another process.

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
    /// Of each socket: whether it talks to a name server.
    lookups: HashMap<u64, bool>,
    /// What an epoll descriptor watches, and in which round that was read.
    watched: HashMap<u64, (u64, Vec<Descriptor>)>,
    round: u64,
}

/// Sockets remembered at most.
const MOST_SOCKETS: usize = 4096;

/// Descriptors of an epoll set looked at.
const MOST_WATCHED: usize = 64;

/// Bytes read of an epoll set's description: more than the lines (80 bytes) of those looked at.
const LONGEST_SET: u64 = 16 << 10;

/// Bytes read of a table of sockets: 30,000 of them. A socket beyond counts as no lookup.
const LONGEST_TABLE: u64 = 4 << 20;

/// Rounds after which an epoll set is read again: reading one with 400 sockets takes 2 ms.
const KEEP_ROUNDS: u64 = 50;

/// The port of name servers.
const NAME_SERVER: u16 = 53;

impl Descriptors {
    /// The descriptors of process `pid`.
    pub(crate) fn new(pid: u32) -> Self {
        Descriptors {
            pid,
            lookups: HashMap::new(),
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
            let path = format!("/proc/{}/fdinfo/{number}", self.pid);
            let text = read_capped(&path, LONGEST_SET);
            let kinds = watched_numbers(&text.unwrap_or_default())
                .take(MOST_WATCHED)
                .map(|number| self.kind(number))
                .collect();
            if self.watched.len() >= MOST_SOCKETS {
                self.watched.clear();
            }
            self.watched.insert(number, (self.round, kinds));
        }
        self.watched.get(&number).map_or(&[], |(_, kinds)| kinds)
    }

    /// Whether the socket with this inode talks to a name server.
    pub(crate) fn is_lookup(&mut self, inode: u64) -> bool {
        if let Some(known) = self.lookups.get(&inode) {
            return *known;
        }
        if self.lookups.len() >= MOST_SOCKETS {
            self.lookups.clear();
        }
        let lookup = ["udp", "udp6"].iter().any(|table| {
            let path = format!("/proc/{}/net/{table}", self.pid);
            let text = read_capped(&path, LONGEST_TABLE);
            remote_port(&text.unwrap_or_default(), inode) == Some(NAME_SERVER)
        });
        self.lookups.insert(inode, lookup);
        lookup
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

/// The remote port of the socket with this inode in `/proc/PID/net/udp`.
pub(crate) fn remote_port(table: &str, inode: u64) -> Option<u16> {
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(2);
        let remote = fields.next()?;
        let found: u64 = fields.nth(6)?.parse().ok()?;
        let port = remote.rsplit_once(':')?.1;
        (found == inode)
            .then(|| u16::from_str_radix(port, 16).ok())
            .flatten()
    })
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
    fn a_name_server_is_known_by_its_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
             \x20 350: 0100007F:8E2A 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 777 2 0 0\n\
             \x20 351: 0100007F:8E2B 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 778 2 0 0\n";
        assert_eq!(remote_port(table, 777), Some(53));
        assert_eq!(remote_port(table, 778), Some(8080));
        assert_eq!(remote_port(table, 779), None);
        assert_eq!(remote_port("garbage\nmore garbage", 1), None);
    }

    #[test]
    fn an_epoll_sets_members_are_listed() {
        let text = "pos:\t0\nflags:\t02\ntfd:        5 events:       19 data: 5  pos:0\ntfd:       12 events: 1\n";
        assert_eq!(watched_numbers(text).collect::<Vec<_>>(), [5, 12]);
    }
}
