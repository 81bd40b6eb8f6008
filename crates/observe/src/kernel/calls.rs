//! System calls by what a thread in them waits for.

use libc::c_long;

/// System calls by what they wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Group {
    Futex,
    Lock,
    Sleep,
    Child,
    /// The descriptor in the first argument decides.
    Read,
    Accept,
    Connect,
    Write,
    /// As [`Group::Write`], but the descriptor may be gone already.
    Close,
    FileRead,
    FileWrite,
    Poll,
    Select,
    Epoll,
    Other,
}

/// What system call `number` of this architecture waits for.
pub(super) fn group(number: i64) -> Group {
    let is = |numbers: &[c_long]| numbers.contains(&(number as c_long));
    let table: [(&[c_long], Group); 14] = [
        (&[libc::SYS_futex], Group::Futex),
        (LOCK, Group::Lock),
        (
            &[libc::SYS_nanosleep, libc::SYS_clock_nanosleep],
            Group::Sleep,
        ),
        (CHILD, Group::Child),
        (READ, Group::Read),
        (&[libc::SYS_accept, libc::SYS_accept4], Group::Accept),
        (&[libc::SYS_connect], Group::Connect),
        (WRITE, Group::Write),
        (&[libc::SYS_close], Group::Close),
        (FILE_READ, Group::FileRead),
        (FILE_WRITE, Group::FileWrite),
        (&[libc::SYS_ppoll, old::POLL], Group::Poll),
        (&[libc::SYS_pselect6, old::SELECT], Group::Select),
        (
            &[
                libc::SYS_epoll_pwait,
                libc::SYS_epoll_pwait2,
                old::EPOLL_WAIT,
            ],
            Group::Epoll,
        ),
    ];
    let found = table.iter().find(|(numbers, _)| is(numbers));
    match found {
        Some((_, group)) => *group,
        None if old::FILE_READ.contains(&(number as c_long)) => Group::FileRead,
        None if old::FILE_WRITE.contains(&(number as c_long)) => Group::FileWrite,
        None => Group::Other,
    }
}

/// Starting a process blocks until it has its own memory, which is a wait for it, too.
const CHILD: &[c_long] = &[
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_clone,
    libc::SYS_clone3,
    old::VFORK,
];

const LOCK: &[c_long] = &[
    libc::SYS_futex_waitv,
    libc::SYS_flock,
    libc::SYS_fcntl,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_msgrcv,
    libc::SYS_mq_timedreceive,
];

const READ: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_preadv2,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_splice,
];

const WRITE: &[c_long] = &[
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_sendfile,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_sync_file_range,
];

const FILE_READ: &[c_long] = &[
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_getdents64,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_fadvise64,
    libc::SYS_readahead,
    libc::SYS_execve,
];

const FILE_WRITE: &[c_long] = &[
    libc::SYS_sync,
    libc::SYS_syncfs,
    libc::SYS_msync,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_mkdirat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_truncate,
    libc::SYS_copy_file_range,
    libc::SYS_fchmodat,
    libc::SYS_utimensat,
];

/// System calls that only x86-64 has; newer architectures kept their successors only.
#[cfg(target_arch = "x86_64")]
mod old {
    use libc::c_long;

    pub(super) const VFORK: c_long = libc::SYS_vfork;
    pub(super) const POLL: c_long = libc::SYS_poll;
    pub(super) const SELECT: c_long = libc::SYS_select;
    pub(super) const EPOLL_WAIT: c_long = libc::SYS_epoll_wait;
    pub(super) const FILE_READ: &[c_long] = &[
        libc::SYS_open,
        libc::SYS_stat,
        libc::SYS_lstat,
        libc::SYS_access,
        libc::SYS_readlink,
        libc::SYS_getdents,
    ];
    pub(super) const FILE_WRITE: &[c_long] = &[
        libc::SYS_unlink,
        libc::SYS_rename,
        libc::SYS_mkdir,
        libc::SYS_rmdir,
        libc::SYS_link,
        libc::SYS_symlink,
        libc::SYS_creat,
        libc::SYS_chmod,
    ];
}

#[cfg(not(target_arch = "x86_64"))]
mod old {
    use libc::c_long;

    /// No system call has this number.
    const NONE: c_long = -1;
    pub(super) const VFORK: c_long = NONE;
    pub(super) const POLL: c_long = NONE;
    pub(super) const SELECT: c_long = NONE;
    pub(super) const EPOLL_WAIT: c_long = NONE;
    pub(super) const FILE_READ: &[c_long] = &[];
    pub(super) const FILE_WRITE: &[c_long] = &[];
}
