//! What listened on this machine before a run: a program may not talk to it.

use serde::Serialize;
use std::fs;

/// Ports and socket paths that are taken.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Listening {
    tcp: Vec<u16>,
    udp: Vec<u16>,
    unix: Vec<String>,
}

/// The state of a listening socket in `/proc/net/tcp`.
const LISTEN: &str = "0A";

impl Listening {
    /// A look at the kernel's tables; what cannot be read counts as empty.
    pub(crate) fn now() -> Self {
        let mut now = Self::default();
        for table in ["tcp", "tcp6"] {
            now.tcp.extend(ports(&read(table), |state| state == LISTEN));
        }
        for table in ["udp", "udp6"] {
            now.udp.extend(ports(&read(table), |_| true));
        }
        let unix = read("unix");
        now.unix = unix
            .lines()
            .skip(1)
            .filter_map(|line| line.splitn(8, ' ').nth(7))
            .filter_map(|rest| rest.find(['/', '@']).map(|at| rest[at..].to_owned()))
            .collect();
        now.unix.sort();
        now.unix.dedup();
        now
    }
}

fn read(table: &str) -> String {
    let bytes = fs::read(format!("/proc/net/{table}")).unwrap_or_default();
    // Bytes travel as latin-1.
    bytes.into_iter().map(char::from).collect()
}

fn ports(table: &str, wanted: impl Fn(&str) -> bool) -> Vec<u16> {
    let line = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let local = fields.next()?;
        let state = fields.nth(1)?;
        let port = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
        wanted(state).then_some(port)
    };
    table.lines().skip(1).filter_map(line).collect()
}
