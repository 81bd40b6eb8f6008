//! What a blocked thread waits for, by its system call and the descriptors in it.

use crate::kernel::calls::{Group, group};
use crate::kernel::descriptors::{Descriptor, Descriptors};
use crate::kernel::thread::Call;
use crate::reader::memory::{Memory, half};
use rightlane_facts::SocketOperation;

/// What a blocked thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A futex at this address: a lock, or the GIL.
    Futex(u64),
    /// A lock of another kind.
    Lock,
    /// Time to pass.
    Sleep,
    /// A child process.
    Child,
    /// A socket, by inode.
    Socket(u64),
    /// A pipe or terminal.
    Pipe,
    /// A file's content or a directory.
    FileRead,
    /// A file or directory being written.
    FileWrite,
    /// A page of memory.
    Page,
    /// It moved while it was looked at.
    Moving,
    /// Something else.
    Other,
}

/// Which one of its kind a thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Not told.
    Unknown,
    /// To do this with the socket behind this descriptor.
    Socket(SocketOperation, u64),
    /// The file behind this descriptor.
    File(u64),
    /// The process with this id.
    Process(u32),
}

/// A wait, and whether it is one for several things at once (poll, select, epoll).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) wait: Wait,
    pub(crate) polled: bool,
    pub(crate) subject: Subject,
}

/// Members of a poll or select set looked at.
const MOST_POLLED: u64 = 64;
const MOST_SELECTED: u64 = 1024;

/// What the thread in `call` waits for.
pub(crate) fn find(call: Call, descriptors: &mut Descriptors, memory: &impl Memory) -> Blocked {
    let (number, arguments) = match call {
        Call::Moving => return single(Wait::Moving),
        Call::None => return single(Wait::Page),
        Call::Hidden => return single(Wait::Other),
        Call::In { number, arguments } => (number, arguments),
    };
    // The argument is as wide as a register; a descriptor is an `int`.
    let descriptor = arguments[0] & 0xffff_ffff;
    let on = |operation, file| on_descriptor(descriptors, descriptor, operation, file);
    match group(number) {
        Group::Futex => single(Wait::Futex(arguments[0])),
        Group::Lock => single(Wait::Lock),
        Group::Sleep => single(Wait::Sleep),
        Group::Child => Blocked {
            subject: child(number, &arguments, descriptors),
            ..single(Wait::Child)
        },
        Group::Read => on(SocketOperation::Receive, Wait::FileRead),
        Group::Accept => on(SocketOperation::Accept, Wait::FileRead),
        Group::Connect => on(SocketOperation::Connect, Wait::FileRead),
        Group::Write => on(SocketOperation::Send, Wait::FileWrite),
        Group::Close => match on(SocketOperation::Send, Wait::FileWrite) {
            // Gone while its last user is still in `close`: the kernel gives up the blocks of a
            // file without a name.
            gone if gone.wait == Wait::Other => single(Wait::FileWrite),
            open => open,
        },
        Group::FileRead => single(Wait::FileRead),
        Group::FileWrite => single(Wait::FileWrite),
        Group::Poll => several(&polled(&arguments, memory), descriptors),
        Group::Select => several(&selected(&arguments, memory), descriptors),
        Group::Epoll => Blocked {
            wait: most_telling(descriptors.watched(descriptor)).unwrap_or(Wait::Other),
            polled: true,
            subject: Subject::Unknown,
        },
        Group::Other => single(Wait::Other),
    }
}

fn single(wait: Wait) -> Blocked {
    Blocked {
        wait,
        polled: false,
        subject: Subject::Unknown,
    }
}

/// A call on one descriptor: `operation` if it is a socket, `file` if it is a file.
fn on_descriptor(
    descriptors: &Descriptors,
    descriptor: u64,
    operation: SocketOperation,
    file: Wait,
) -> Blocked {
    let wait = by_kind(descriptors.kind(descriptor), file);
    let subject = match wait {
        Wait::Socket(_) => Subject::Socket(operation, descriptor),
        Wait::FileRead | Wait::FileWrite => Subject::File(descriptor),
        Wait::Child => process(descriptors, descriptor),
        _ => Subject::Unknown,
    };
    Blocked {
        subject,
        ..single(wait)
    }
}

fn process(descriptors: &Descriptors, descriptor: u64) -> Subject {
    descriptors
        .process(descriptor)
        .map_or(Subject::Unknown, Subject::Process)
}

/// Which child `wait4` (a positive id) and `waitid` (by id or by descriptor) wait for.
fn child(number: i64, arguments: &[u64; 6], descriptors: &Descriptors) -> Subject {
    let is = |call: libc::c_long| number as libc::c_long == call;
    let id = |argument: u64| {
        let id = (argument as u32).cast_signed();
        u32::try_from(id)
            .ok()
            .filter(|id| *id > 0)
            .map_or(Subject::Unknown, Subject::Process)
    };
    if is(libc::SYS_wait4) {
        return id(arguments[0]);
    }
    match arguments[0] as u32 {
        libc::P_PID if is(libc::SYS_waitid) => id(arguments[1]),
        libc::P_PIDFD if is(libc::SYS_waitid) => process(descriptors, arguments[1] & 0xffff_ffff),
        _ => Subject::Unknown,
    }
}

/// A descriptor waited for, and what for.
#[derive(Clone, Copy)]
struct Member {
    number: u64,
    operation: SocketOperation,
}

/// Waiting for no descriptor at all is how a program sleeps with poll or select (3.10's
/// `time.sleep`).
fn several(members: &[Member], descriptors: &Descriptors) -> Blocked {
    let kinds: Vec<Descriptor> = members
        .iter()
        .map(|member| descriptors.kind(member.number))
        .collect();
    let Some(wait) = most_telling(&kinds) else {
        return single(Wait::Sleep);
    };
    // With a timeout, a call on one socket (or pidfd) is a poll of that one first.
    let told = members
        .iter()
        .zip(&kinds)
        .find(|(_, kind)| by_kind(**kind, Wait::FileRead) == wait);
    let subject = match (told, wait) {
        (Some((member, _)), Wait::Socket(_)) => {
            let operation = match members {
                [_] => member.operation,
                _ => SocketOperation::Poll,
            };
            Subject::Socket(operation, member.number)
        }
        (Some((member, _)), Wait::Child) => process(descriptors, member.number),
        _ => Subject::Unknown,
    };
    Blocked {
        wait,
        polled: true,
        subject,
    }
}

fn by_kind(kind: Descriptor, file: Wait) -> Wait {
    match kind {
        Descriptor::Socket(inode) => Wait::Socket(inode),
        Descriptor::Pipe => Wait::Pipe,
        Descriptor::File => file,
        Descriptor::Process => Wait::Child,
        Descriptor::Timer => Wait::Sleep,
        Descriptor::Epoll | Descriptor::Other => Wait::Other,
    }
}

/// Of several things waited for, the one that says most: pipes and timers are often just there
/// to wake the waiter up.
fn most_telling(kinds: &[Descriptor]) -> Option<Wait> {
    let rank = |wait: &Wait| match wait {
        Wait::Child => 5,
        Wait::Socket(_) => 4,
        Wait::Pipe => 3,
        Wait::FileRead => 2,
        Wait::Sleep => 1,
        _ => 0,
    };
    kinds
        .iter()
        .map(|kind| by_kind(*kind, Wait::FileRead))
        .max_by_key(rank)
}

/// The descriptors in `poll`'s array: 8 bytes each, the first 4 of which are the number, the next
/// 2 what is waited for.
fn polled(arguments: &[u64; 6], memory: &impl Memory) -> Vec<Member> {
    let count = arguments[1].min(MOST_POLLED) as usize;
    let block = memory.block(arguments[0], count * 8).unwrap_or_default();
    let member = |index: usize| {
        let number = half(&block, index * 8).ok()?;
        let events = half(&block, index * 8 + 4).ok()? as libc::c_short;
        let operation = match events & (libc::POLLIN | libc::POLLOUT) {
            libc::POLLIN => SocketOperation::Receive,
            libc::POLLOUT => SocketOperation::Send,
            _ => SocketOperation::Poll,
        };
        // Negative ones are skipped by poll, too.
        (number.cast_signed() >= 0).then_some(Member {
            number: u64::from(number),
            operation,
        })
    };
    (0..count).filter_map(member).collect()
}

/// The descriptors in `select`'s bit sets (to read, to write).
fn selected(arguments: &[u64; 6], memory: &impl Memory) -> Vec<Member> {
    let count = arguments[0].min(MOST_SELECTED);
    let mut members = Vec::new();
    let sets = [
        (arguments[1], SocketOperation::Receive),
        (arguments[2], SocketOperation::Send),
    ];
    for (set, operation) in sets {
        if set == 0 || count == 0 {
            continue;
        }
        let bits = memory
            .block(set, count.div_ceil(64) as usize * 8)
            .unwrap_or_default();
        let is_set = |number: &u64| {
            bits.get((number / 8) as usize)
                .is_some_and(|byte| byte >> (number % 8) & 1 == 1)
        };
        let numbers = (0..count).filter(is_set);
        members.extend(numbers.map(|number| Member { number, operation }));
    }
    members.truncate(MOST_POLLED as usize);
    members
}

/// Reads the sets at `address` as `poll` and `select` would: for the fuzz targets.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn sets(address: u64, count: u64, memory: &impl Memory) {
    let numbers = polled(&[address, count, 0, 0, 0, 0], memory).len() as u64;
    assert!(numbers <= MOST_POLLED);
    let numbers = selected(&[count, address, count, 0, 0, 0], memory).len() as u64;
    assert!(numbers <= MOST_POLLED);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::memory::ProcessMemory;
    use libc::c_long;
    use std::os::fd::AsRawFd;

    fn own(number: c_long, arguments: [u64; 6]) -> Blocked {
        let pid = std::process::id();
        let call = Call::In { number, arguments };
        find(call, &mut Descriptors::new(pid), &ProcessMemory::new(pid))
    }

    #[test]
    fn reading_depends_on_the_descriptor() {
        let (pipe, _writer) = std::io::pipe().unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let file = std::fs::File::open("/proc/self/exe").unwrap();
        let read = |descriptor: i32| own(libc::SYS_read, [descriptor as u64, 0, 0, 0, 0, 0]).wait;
        assert_eq!(read(pipe.as_raw_fd()), Wait::Pipe);
        assert!(matches!(read(socket.as_raw_fd()), Wait::Socket(_)));
        assert_eq!(read(file.as_raw_fd()), Wait::FileRead);
        assert_eq!(read(-1), Wait::Other);
        let sync = own(libc::SYS_fsync, [file.as_raw_fd() as u64, 0, 0, 0, 0, 0]);
        assert_eq!(sync.wait, Wait::FileWrite);
    }

    #[test]
    fn a_polled_set_is_named_by_its_most_telling_member() {
        let (pipe, _writer) = std::io::pipe().unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let set = [
            u64::from(pipe.as_raw_fd() as u32),
            u64::from(socket.as_raw_fd() as u32),
            u64::from(u32::MAX),
        ];
        let address = set.as_ptr().addr() as u64;
        let both = own(libc::SYS_ppoll, [address, 3, 0, 0, 0, 0]);
        assert!(matches!(both.wait, Wait::Socket(_)) && both.polled);
        let one = own(libc::SYS_ppoll, [address, 1, 0, 0, 0, 0]);
        assert_eq!(one.wait, Wait::Pipe);
        let none = own(libc::SYS_ppoll, [0, 0, 0, 0, 0, 0]);
        assert_eq!(none, single(Wait::Sleep));
    }

    #[test]
    fn a_selected_set_is_read_from_its_bits() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let number = socket.as_raw_fd() as u64;
        let mut bits = [0_u64; 16];
        bits[(number / 64) as usize] = 1 << (number % 64);
        let address = bits.as_ptr().addr() as u64;
        let seen = own(libc::SYS_pselect6, [number + 1, address, 0, 0, 0, 0]);
        assert!(matches!(seen.wait, Wait::Socket(_)) && seen.polled);
        let none = own(libc::SYS_pselect6, [0, 0, 0, 0, 0, 0]);
        assert_eq!(none, single(Wait::Sleep));
        let unreadable = own(libc::SYS_pselect6, [u64::MAX, 8, 8, 0, 0, 0]);
        assert_eq!(unreadable.wait, Wait::Sleep);
    }

    #[test]
    fn what_is_done_with_a_socket_is_told_by_the_call_or_by_the_events_polled() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let number = socket.as_raw_fd() as u64;
        let poll_for = |events: libc::c_short| {
            let set = [number | (events as u64) << 32];
            let address = set.as_ptr().addr() as u64;
            own(libc::SYS_ppoll, [address, 1, 0, 0, 0, 0]).subject
        };
        let socket = |operation| Subject::Socket(operation, number);
        assert_eq!(poll_for(libc::POLLIN), socket(SocketOperation::Receive));
        assert_eq!(poll_for(libc::POLLOUT), socket(SocketOperation::Send));
        let call = |call: c_long| own(call, [number, 0, 0, 0, 0, 0]).subject;
        assert_eq!(call(libc::SYS_recvfrom), socket(SocketOperation::Receive));
        assert_eq!(call(libc::SYS_accept4), socket(SocketOperation::Accept));
        assert_eq!(call(libc::SYS_connect), socket(SocketOperation::Connect));
        assert_eq!(call(libc::SYS_sendmsg), socket(SocketOperation::Send));
    }

    #[test]
    fn the_child_waited_for_is_known_where_the_call_names_it() {
        let subject = |call, first, second| own(call, [first, second, 0, 0, 0, 0]).subject;
        let any = u64::MAX;
        let (by_id, by_descriptor) = (u64::from(libc::P_PID), u64::from(libc::P_PIDFD));
        assert_eq!(subject(libc::SYS_wait4, 77, 0), Subject::Process(77));
        assert_eq!(subject(libc::SYS_wait4, any, 0), Subject::Unknown);
        assert_eq!(subject(libc::SYS_waitid, by_id, 78), Subject::Process(78));
        assert_eq!(
            subject(libc::SYS_waitid, by_descriptor, 0),
            Subject::Unknown
        );
    }

    #[test]
    fn waits_without_a_descriptor_are_told_by_the_call() {
        assert_eq!(
            own(libc::SYS_futex, [0xabc, 0, 0, 0, 0, 0]).wait,
            Wait::Futex(0xabc)
        );
        assert_eq!(own(libc::SYS_wait4, [0; 6]).wait, Wait::Child);
        assert_eq!(own(libc::SYS_clock_nanosleep, [0; 6]).wait, Wait::Sleep);
        assert_eq!(own(libc::SYS_statx, [0; 6]).wait, Wait::FileRead);
        assert_eq!(own(libc::SYS_unlinkat, [0; 6]).wait, Wait::FileWrite);
        assert_eq!(
            own(libc::SYS_close, [9_999, 0, 0, 0, 0, 0]).wait,
            Wait::FileWrite
        );
        assert_eq!(own(99_999, [0; 6]).wait, Wait::Other);
    }
}
