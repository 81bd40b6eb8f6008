//! Sockets: the object stays one socket, but what waits is awaited.

use crate::native::change::{Asked, Change, Helper};

static SOCKET: Helper = Helper {
    name: "AsyncSocket",
    text: include_str!("../helpers/socket.py"),
    imports: &["asyncio", "errno", "socket"],
    optional: &[
        "settimeout",
        "gettimeout",
        "connected",
        "connect",
        "connect_ex",
        "send",
        "sendall",
        "sendto",
        "recv",
        "recv_into",
        "recvfrom",
        "makefile",
    ],
};

static FILE: Helper = Helper {
    name: "AsyncSocketFile",
    text: include_str!("../helpers/socket_file.py"),
    imports: &["asyncio"],
    optional: &[],
};

pub(super) fn change(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    let made = |func: &str, is_plain| Change {
        func: Some(func.to_owned()),
        is_plain,
        helpers: vec![&SOCKET],
        changes: vec!["sockets do not block; waiting for them is asyncio's"],
        ..Change::default()
    };
    let refused = |what: &str| {
        let line = asked.names.line(asked.call);
        Some(Err(format!("{what} ({line})")))
    };
    match name {
        "socket.socket" => Some(
            asked
                .only(&["family", "type", "proto", "fileno"])
                .map(|()| made("AsyncSocket", true)),
        ),
        "socket.create_connection" => Some(
            asked
                .only(&["address", "timeout", "source_address"])
                .map(|()| made("AsyncSocket.connected", false)),
        ),
        _ => match name.strip_prefix("socket.socket.")? {
            "sendto" | "recvfrom" if asked.libraries.python < (3, 11) => {
                refused("asyncio has no `sendto` and `recvfrom` before Python 3.11")
            }
            "sendto" if asked.call.arguments.args.len() != 2 => {
                refused("`sendto` with flags has no twin")
            }
            "recv" | "recv_into" | "recvfrom" | "send" | "sendall"
                if asked.call.arguments.len() != 1 =>
            {
                refused("flags of a socket's call have no twin")
            }
            "connect" | "connect_ex" | "send" | "sendall" | "sendto" | "recv" | "recv_into"
            | "recvfrom" => Some(Ok(Change::default())),
            "makefile" => Some(
                asked
                    .only(&["mode", "encoding", "errors"])
                    .map(|()| Change {
                        is_plain: true,
                        helpers: vec![&FILE],
                        ..Change::default()
                    }),
            ),
            "makefile.readline" | "makefile.flush" | "makefile.read" => Some(Ok(Change::default())),
            "makefile.readlines"
            | "makefile.readinto"
            | "makefile.writelines"
            | "accept"
            | "sendfile"
            | "sendmsg"
            | "recvmsg"
            | "setblocking"
            | "listen"
            | "dup"
            | "detach" => refused("the socket is used in a way that has no twin"),
            _ => None,
        },
    }
}
