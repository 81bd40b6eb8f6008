//! The two ends of a process's sockets, from the kernel's tables of them.

use crate::sys;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

/// What a table says of a socket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ends {
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    /// Of a Unix socket that has a name.
    path: Option<String>,
    datagrams: bool,
    listens: bool,
    connecting: bool,
}

impl Ends {
    /// Whether it waits for others to connect.
    pub(crate) fn listens(&self) -> bool {
        self.listens
    }

    /// Whether its connection is not there yet.
    pub(crate) fn connecting(&self) -> bool {
        self.connecting
    }

    /// The address that a person knows it by: the other end's, its own if it listens.
    pub(crate) fn peer(&self) -> Option<String> {
        let address = if self.listens {
            self.local
        } else {
            self.remote
        };
        let unix = self.path.as_ref().map(|path| format!("unix:{path}"));
        address.map(|address| address.to_string()).or(unix)
    }

    fn is_lookup(&self) -> bool {
        self.datagrams
            && self
                .remote
                .is_some_and(|remote| remote.port() == NAME_SERVER)
    }

    /// A socket that is neither connected nor listening may become either.
    fn may_change(&self) -> bool {
        self.connecting || self.remote.is_none() && !self.listens && self.path.is_none()
    }
}

/// The port of name servers.
const NAME_SERVER: u16 = 53;

/// The sockets of one process's network, by inode.
pub(crate) struct Peers {
    pid: u32,
    known: HashMap<u64, Ends>,
    /// Not to be read again before this.
    rest: Option<Instant>,
}

/// Sockets remembered at most.
const MOST_SOCKETS: usize = 1 << 16;

/// Reading the tables takes about a microsecond for each socket of the machine; it may take this
/// part of the time, and is believed to take at least so long.
const PART: u32 = 50;
const LEAST: Duration = Duration::from_micros(100);

/// No table is read beyond this many bytes (a line is 100 to 200 bytes long): with more sockets
/// than that the rest stays without an address.
const LONGEST_TABLE: u64 = 16 << 20;

impl Peers {
    /// The sockets that process `pid` can have.
    pub(crate) fn new(pid: u32) -> Self {
        Peers {
            pid,
            known: HashMap::new(),
            rest: None,
        }
    }

    /// What the tables say of the socket with this inode, as far as they could be read lately.
    pub(crate) fn of(&mut self, inode: u64) -> Option<&Ends> {
        let settled = self
            .known
            .get(&inode)
            .is_some_and(|ends| !ends.may_change());
        if !settled && !self.is_resting() {
            self.read();
            // One that is in no table (of another family) is not looked for again.
            self.known.entry(inode).or_insert_with(|| Ends {
                listens: true,
                ..Ends::default()
            });
        }
        self.known.get(&inode)
    }

    /// Whether the tables are to be read for this socket, but not yet.
    pub(crate) fn is_behind(&self, inode: u64) -> bool {
        self.is_resting() && !self.known.contains_key(&inode)
    }

    fn is_resting(&self) -> bool {
        self.rest.is_some_and(|rest| Instant::now() < rest)
    }

    /// Whether the socket with this inode talks to a name server.
    pub(crate) fn is_lookup(&mut self, inode: u64) -> bool {
        self.of(inode).is_some_and(Ends::is_lookup)
    }

    fn read(&mut self) {
        let start = sys::thread_cpu_time();
        if self.known.len() >= MOST_SOCKETS {
            self.known.clear();
        }
        for (table, datagrams) in [
            ("tcp", false),
            ("tcp6", false),
            ("udp", true),
            ("udp6", true),
        ] {
            let text = self.table(table);
            let rows = text.lines().skip(1).take(MOST_SOCKETS);
            self.known
                .extend(rows.filter_map(|line| internet(line, datagrams)));
        }
        let text = self.table("unix");
        let rows = text.lines().skip(1).take(MOST_SOCKETS);
        self.known.extend(rows.filter_map(unix));
        let cost = sys::thread_cpu_time().saturating_sub(start);
        self.rest = Some(Instant::now() + cost.max(LEAST) * PART);
    }

    fn table(&self, name: &str) -> String {
        super::read_capped(&format!("/proc/{}/net/{name}", self.pid), LONGEST_TABLE)
            .unwrap_or_default()
    }
}

/// A line of `/proc/PID/net/tcp` and its kin: inode and ends.
pub(crate) fn internet(line: &str, datagrams: bool) -> Option<(u64, Ends)> {
    const SYN_SENT: &str = "02";
    const LISTEN: &str = "0A";
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (local, remote, state) = (fields.next()?, fields.next()?, fields.next()?);
    let inode = fields.nth(5)?.parse().ok()?;
    let ends = Ends {
        local: address(local),
        remote: address(remote).filter(|remote| remote.port() != 0),
        path: None,
        datagrams,
        listens: state == LISTEN && !datagrams,
        connecting: state == SYN_SENT && !datagrams,
    };
    Some((inode, ends))
}

/// `0100007F:1F90`: each group of four bytes as this machine stores it, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |index: usize| {
        let digits = host.get(index * 8..index * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    let host = match host.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for (index, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(index)?);
            }
            // A dual-stack socket's IPv4 peer, as people write it.
            IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(host, port))
}

/// A line of `/proc/PID/net/unix`: inode and name. (The other end's name is in no table.)
pub(crate) fn unix(line: &str) -> Option<(u64, Ends)> {
    const ACCEPTS_CONNECTIONS: u32 = 1 << 16;
    let mut fields = line.split_ascii_whitespace();
    let flags = u32::from_str_radix(fields.nth(3)?, 16).ok()?;
    let inode = fields.nth(2)?.parse().ok()?;
    let path = fields.next().map(super::plain);
    let ends = Ends {
        path,
        listens: flags & ACCEPTS_CONNECTIONS != 0,
        ..Ends::default()
    };
    Some((inode, ends))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixListener;

    fn inode(socket: &impl AsRawFd) -> u64 {
        let path = format!("/proc/self/fd/{}", socket.as_raw_fd());
        let link = std::fs::read_link(path).unwrap();
        super::super::descriptors::socket_inode(&link.to_string_lossy()).unwrap()
    }

    fn peer(peers: &mut Peers, socket: &impl AsRawFd) -> Option<String> {
        peers.rest = None;
        peers.of(inode(socket)).and_then(Ends::peer)
    }

    #[test]
    fn real_sockets_are_known_by_their_other_end() {
        let mut peers = Peers::new(std::process::id());
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(host) else {
                continue; // no IPv6 here
            };
            let address = listener.local_addr().unwrap();
            assert_eq!(peer(&mut peers, &listener), Some(address.to_string()));
            assert!(peers.of(inode(&listener)).unwrap().listens());
            let client = TcpStream::connect(address).unwrap();
            assert_eq!(peer(&mut peers, &client), Some(address.to_string()));
        }
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(peer(&mut peers, &socket), None);
        socket.connect("127.0.0.1:53").unwrap();
        assert_eq!(peer(&mut peers, &socket), Some("127.0.0.1:53".into()));
        assert!(peers.is_lookup(inode(&socket)));
    }

    #[test]
    fn a_unix_socket_is_known_by_its_own_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let mut peers = Peers::new(std::process::id());
        let expected = format!("unix:{}", path.display());
        assert_eq!(peer(&mut peers, &listener), Some(expected));
    }

    #[test]
    fn broken_tables_say_nothing() {
        for line in ["", "a b c", "0: 0100007F:XX 0:0 01", "1: 2 3 x 5 6"] {
            assert_eq!(internet(line, false), None, "{line}");
            assert_eq!(unix(line), None, "{line}");
        }
        assert_eq!(address("0100007F"), None);
        assert_eq!(address("zz00007F:0016"), None);
        let mut peers = Peers::new(u32::MAX);
        assert_eq!(peers.of(7).and_then(Ends::peer), None);
    }
}
