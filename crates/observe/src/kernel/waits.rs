//! What a blocked thread waits for, by its system call and the descriptors in it.

use crate::kernel::calls::{Group, group};
use crate::kernel::descriptors::{Descriptor, Descriptors};
use crate::kernel::thread::Call;
use crate::reader::memory::{Memory, half};

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

/// A wait, and whether it is one for several things at once (poll, select, epoll).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) wait: Wait,
    pub(crate) polled: bool,
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
    match group(number) {
        Group::Futex => single(Wait::Futex(arguments[0])),
        Group::Lock => single(Wait::Lock),
        Group::Sleep => single(Wait::Sleep),
        Group::Child => single(Wait::Child),
        Group::Read => single(by_kind(descriptors.kind(descriptor), Wait::FileRead)),
        Group::Write => single(by_kind(descriptors.kind(descriptor), Wait::FileWrite)),
        Group::Close => single(match descriptors.kind(descriptor) {
            // Gone while its last user is still in `close`: the kernel gives up the blocks of a
            // file without a name.
            Descriptor::Other => Wait::FileWrite,
            kind => by_kind(kind, Wait::FileWrite),
        }),
        Group::FileRead => single(Wait::FileRead),
        Group::FileWrite => single(Wait::FileWrite),
        Group::Poll => {
            let kinds = polled(&arguments, memory).map(|number| descriptors.kind(number));
            several(&kinds.collect::<Vec<_>>())
        }
        Group::Select => {
            let numbers = selected(&arguments, memory);
            let kinds: Vec<_> = numbers
                .iter()
                .map(|number| descriptors.kind(*number))
                .collect();
            several(&kinds)
        }
        Group::Epoll => Blocked {
            wait: most_telling(descriptors.watched(descriptor)).unwrap_or(Wait::Other),
            polled: true,
        },
        Group::Other => single(Wait::Other),
    }
}

fn single(wait: Wait) -> Blocked {
    Blocked {
        wait,
        polled: false,
    }
}

/// Waiting for no descriptor at all is how a program sleeps with poll or select (3.10's
/// `time.sleep`).
fn several(kinds: &[Descriptor]) -> Blocked {
    match most_telling(kinds) {
        Some(wait) => Blocked { wait, polled: true },
        None => single(Wait::Sleep),
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

/// The descriptors in `poll`'s array: 8 bytes each, the first 4 of which are the number.
fn polled(arguments: &[u64; 6], memory: &impl Memory) -> impl Iterator<Item = u64> {
    let count = arguments[1].min(MOST_POLLED) as usize;
    let block = memory.block(arguments[0], count * 8).unwrap_or_default();
    (0..count).filter_map(move |index| {
        let number = half(&block, index * 8).ok()?;
        // Negative ones are skipped by poll, too.
        (number.cast_signed() >= 0).then_some(u64::from(number))
    })
}

/// The descriptors in `select`'s bit sets (to read, to write).
fn selected(arguments: &[u64; 6], memory: &impl Memory) -> Vec<u64> {
    let count = arguments[0].min(MOST_SELECTED);
    let mut numbers = Vec::new();
    for set in [arguments[1], arguments[2]] {
        if set == 0 || count == 0 {
            continue;
        }
        let bits = memory
            .block(set, count.div_ceil(64) as usize * 8)
            .unwrap_or_default();
        numbers.extend((0..count).filter(|number| {
            bits.get((number / 8) as usize)
                .is_some_and(|byte| byte >> (number % 8) & 1 == 1)
        }));
    }
    numbers.truncate(MOST_POLLED as usize);
    numbers
}

/// Reads the sets at `address` as `poll` and `select` would: for the fuzz targets.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn sets(address: u64, count: u64, memory: &impl Memory) {
    let numbers = polled(&[address, count, 0, 0, 0, 0], memory).count() as u64;
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
