//! The two ends of a process's sockets.
//!
//! A socket is asked itself, over a descriptor of our own for it (`pidfd_getfd`, some microseconds,
//! once for each socket): closing that is all it takes, and the program's own descriptor is not
//! touched. Where that is not allowed, or does not tell, the kernel's tables of all sockets do; but
//! reading those takes milliseconds (16 on a machine with a hundred sockets: the kernel walks hash
//! tables sized for millions), so it is done seldom.

use crate::sys;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd, RawFd};
use rustix::net::{SocketAddrAny, SocketType, getpeername, getsockname, sockopt};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

/// What is known of a socket.
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
    process: Option<OwnedFd>,
    known: HashMap<u64, Ends>,
    /// Not to be read again before this.
    rest: Option<Instant>,
}

/// Sockets remembered at most.
const MOST_SOCKETS: usize = 1 << 16;

/// Part of the time that reading the tables may take, and what it is believed to take at least.
const PART: u32 = 50;
const LEAST: Duration = Duration::from_micros(100);

/// No table is read beyond this many bytes (a line is 100 to 200 bytes long): with more sockets
/// than that the rest stays without an address.
const LONGEST_TABLE: u64 = 16 << 20;

impl Peers {
    /// The sockets that process `pid` can have.
    pub(crate) fn new(pid: u32) -> Self {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        Peers {
            pid,
            process: number.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()),
            known: HashMap::new(),
            rest: None,
        }
    }

    /// What is known of the socket with this inode, the process's descriptor number `descriptor`.
    pub(crate) fn of(&mut self, inode: u64, descriptor: u64) -> Option<&Ends> {
        let settled = self
            .known
            .get(&inode)
            .is_some_and(|ends| !ends.may_change());
        if !settled {
            self.find(inode, descriptor);
        }
        self.known.get(&inode)
    }

    fn find(&mut self, inode: u64, descriptor: u64) {
        if self.known.len() >= MOST_SOCKETS {
            self.known.clear();
        }
        if let Some(ends) = self.ask(descriptor)
            && !ends.connecting
        {
            self.known.insert(inode, ends);
        } else if !self.is_resting() {
            self.read();
            // One that is in no table (of another family) is not looked for again.
            self.known.entry(inode).or_insert_with(|| Ends {
                listens: true,
                ..Ends::default()
            });
        }
    }

    /// What the socket itself says.
    fn ask(&self, descriptor: u64) -> Option<Ends> {
        let number = RawFd::try_from(descriptor).ok()?;
        let socket = pidfd_getfd(self.process.as_ref()?, number, PidfdGetfdFlags::empty()).ok()?;
        let datagrams = sockopt::socket_type(&socket).ok()? == SocketType::DGRAM;
        let listens = sockopt::socket_acceptconn(&socket).unwrap_or(false);
        let own = getsockname(&socket).ok();
        let other = getpeername(&socket).ok().flatten();
        let path = |address: &Option<SocketAddrAny>| unix_path(address.as_ref()?);
        Some(Ends {
            local: own.as_ref().and_then(internet_address),
            remote: other.as_ref().and_then(internet_address),
            path: path(&other).or_else(|| path(&own)),
            datagrams,
            listens,
            connecting: !datagrams && !listens && other.is_none() && is_connecting(&socket),
        })
    }

    /// Whether the tables are to be read for this socket, but not yet.
    pub(crate) fn is_behind(&self, inode: u64) -> bool {
        self.is_resting() && !self.known.contains_key(&inode)
    }

    fn is_resting(&self) -> bool {
        self.rest.is_some_and(|rest| Instant::now() < rest)
    }

    /// Whether the socket with this inode talks to a name server.
    pub(crate) fn is_lookup(&mut self, inode: u64, descriptor: u64) -> bool {
        self.of(inode, descriptor).is_some_and(Ends::is_lookup)
    }

    fn read(&mut self) {
        let start = sys::thread_cpu_time();
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

/// Its connection is neither there nor refused yet: nothing can be done with it, not even failing.
/// Polled, not asked for its error: asking takes the error away from the program.
fn is_connecting(socket: &impl AsFd) -> bool {
    let mut ready = [PollFd::new(socket, PollFlags::OUT)];
    poll(&mut ready, Some(&Timespec::default())).is_ok_and(|count| count == 0)
}

fn internet_address(address: &SocketAddrAny) -> Option<SocketAddr> {
    let address = SocketAddr::try_from(address.clone()).ok()?;
    // A dual-stack socket's IPv4 peer, as people write it.
    Some(SocketAddr::new(address.ip().to_canonical(), address.port()))
}

fn unix_path(address: &SocketAddrAny) -> Option<String> {
    let address = rustix::net::SocketAddrUnix::try_from(address.clone()).ok()?;
    let name = match (address.path_bytes(), address.abstract_name()) {
        (Some(path), _) => String::from_utf8_lossy(path).into_owned(),
        (None, Some(name)) => format!("@{}", String::from_utf8_lossy(name)),
        (None, None) => return None,
    };
    Some(super::plain(&name))
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
    use std::os::unix::net::{UnixListener, UnixStream};

    fn inode(socket: &impl AsRawFd) -> u64 {
        let path = format!("/proc/self/fd/{}", socket.as_raw_fd());
        let link = std::fs::read_link(path).unwrap();
        super::super::descriptors::socket_inode(&link.to_string_lossy()).unwrap()
    }

    /// What the socket is known by: asked itself, and looked up in the tables.
    fn peer(peers: &mut Peers, socket: &impl AsRawFd) -> [Option<String>; 2] {
        let (inode, descriptor) = (inode(socket), socket.as_raw_fd() as u64);
        let asked = peers.of(inode, descriptor).and_then(Ends::peer);
        let mut tables = Peers::new(std::process::id());
        tables.process = None;
        let read = tables.of(inode, descriptor).and_then(Ends::peer);
        [asked, read]
    }

    fn both(address: impl ToString) -> [Option<String>; 2] {
        [Some(address.to_string()), Some(address.to_string())]
    }

    #[test]
    fn real_sockets_are_known_by_their_other_end() {
        let mut peers = Peers::new(std::process::id());
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(host) else {
                continue; // no IPv6 here
            };
            let address = listener.local_addr().unwrap();
            assert_eq!(peer(&mut peers, &listener), both(address));
            let descriptor = listener.as_raw_fd() as u64;
            assert!(peers.of(inode(&listener), descriptor).unwrap().listens());
            let client = TcpStream::connect(address).unwrap();
            assert_eq!(peer(&mut peers, &client), both(address));
        }
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(peer(&mut peers, &socket), [None, None]);
        socket.connect("127.0.0.1:53").unwrap();
        assert_eq!(peer(&mut peers, &socket), both("127.0.0.1:53"));
        assert!(peers.is_lookup(inode(&socket), socket.as_raw_fd() as u64));
    }

    #[test]
    fn a_refused_connections_error_is_left_for_the_program() {
        use rustix::net::{AddressFamily, SocketFlags, connect, socket_with};
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let kind = (AddressFamily::INET, SocketType::STREAM);
        let socket = socket_with(kind.0, kind.1, SocketFlags::NONBLOCK, None).unwrap();
        assert!(connect(&socket, &address).is_err());
        let mut peers = Peers::new(std::process::id());
        let ends = peers.of(inode(&socket), socket.as_raw_fd() as u64);
        assert!(!ends.unwrap().connecting());
        let error = sockopt::socket_error(&socket).unwrap();
        assert_eq!(error, Err(rustix::io::Errno::CONNREFUSED));
    }

    #[test]
    fn a_unix_socket_is_known_by_its_own_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let mut peers = Peers::new(std::process::id());
        let expected = format!("unix:{}", path.display());
        assert_eq!(peer(&mut peers, &listener), both(&expected));
        // Its other end's name is in no table.
        let client = UnixStream::connect(&path).unwrap();
        assert_eq!(peer(&mut peers, &client), [Some(expected), None]);
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
        assert_eq!(peers.of(7, 3).and_then(Ends::peer), None);
    }
}
