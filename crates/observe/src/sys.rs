//! The system calls that the standard library does not offer. The only room of the sampler with
//! `unsafe` in it; everything here is bounded by the slices that it is handed.

use std::io;
use std::mem::MaybeUninit;
use std::time::Duration;

/// A stretch of another process's memory and where it goes.
pub(crate) struct Part<'a> {
    /// Address in the other process.
    pub(crate) address: u64,
    /// Filled from there.
    pub(crate) bytes: &'a mut [u8],
}

/// Parts read by one system call. The kernel's own limit is 1024; 64 keep the vectors on the
/// stack and are enough for the thread states of most programs.
pub(crate) const BATCH: usize = 64;

/// Smallest page: if a byte of it can be read, all of it can; what is mapped starts at a multiple of it.
pub(crate) const PAGE: u64 = 4096;

/// Has the kernel end the process that `command` will start when the thread that starts it ends,
/// whatever ends it: a program that is being observed does not outlive its observer. Its own
/// children are its own affair, as in a plain run.
#[cfg(target_os = "linux")]
pub(crate) fn die_with_parent(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt as _;
    let parent = std::process::id();
    let in_child = move || {
        // SAFETY: `prctl` with these arguments touches no memory of ours.
        let done = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        // SAFETY: `getppid` has no preconditions and cannot fail.
        let ours = unsafe { libc::getppid() };
        if done == -1 {
            return Err(io::Error::last_os_error());
        }
        // The parent may have gone before the kernel was told.
        if u32::try_from(ours).is_ok_and(|pid| pid != parent) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes two system calls and allocates nothing,
    // which is all that the child of a process with threads may do.
    unsafe { command.pre_exec(in_child) };
}

/// Reads every part from process `pid` without stopping it; yields how many bytes arrived. Fewer
/// than asked for means that the parts from there on were not readable.
///
/// # Errors
/// The first system call's error: `EPERM` (not permitted), `ESRCH` (no such process), `EFAULT`
/// (not mapped), `ENOSYS` (forbidden by a sandbox or missing).
pub(crate) fn read_process(pid: u32, parts: &mut [Part<'_>]) -> io::Result<usize> {
    let pid = libc::pid_t::try_from(pid).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut total = 0;
    for batch in parts.chunks_mut(BATCH) {
        let wanted: usize = batch.iter().map(|part| part.bytes.len()).sum();
        match read_batch(pid, batch) {
            Ok(got) => {
                total += got;
                if got < wanted {
                    break;
                }
            }
            Err(error) if total == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(total)
}

fn read_batch(pid: libc::pid_t, parts: &mut [Part<'_>]) -> io::Result<usize> {
    // Not initialised: filling them took as long as the rest, and the caches from it.
    let mut between = MaybeUninit::<[u8; PAGE as usize]>::uninit();
    let between = between.as_mut_ptr();
    let mut local = [const { MaybeUninit::<libc::iovec>::uninit() }; 2 * BATCH];
    let mut remote = [const { MaybeUninit::<libc::iovec>::uninit() }; BATCH];
    let (mut locals, mut stretches) = (0, 0);
    let mut batch = parts.iter_mut().take(BATCH).peekable();
    while let Some(part) = batch.next() {
        let address = usize::try_from(part.address).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut stretch = libc::iovec {
            iov_base: std::ptr::with_exposed_provenance_mut(address),
            iov_len: part.bytes.len(),
        };
        local[locals].write(vector(part.bytes));
        locals += 1;
        let mut end = end(part);
        while let Some(next) = batch.next_if(|next| gap(end, next.address).is_some()) {
            let gap = gap(end, next.address).unwrap_or(0);
            local[locals].write(libc::iovec {
                iov_base: between.cast(),
                iov_len: gap,
            });
            local[locals + 1].write(vector(next.bytes));
            locals += 2;
            stretch.iov_len += gap + next.bytes.len();
            end = self::end(next);
        }
        remote[stretches].write(stretch);
        stretches += 1;
    }
    // SAFETY: the counts are those of the entries written, at most two local ones and one remote
    // one for each of at most `BATCH` parts; `local` describes exactly the exclusive slices of
    // `parts`, which outlive the call, and `between`, of which no gap is longer and which nobody
    // reads; the remote addresses are only ever used by the kernel in the other process.
    let got = unsafe {
        libc::process_vm_readv(
            pid,
            local.as_ptr().cast(),
            locals as libc::c_ulong,
            remote.as_ptr().cast(),
            stretches as libc::c_ulong,
            0,
        )
    };
    let got = usize::try_from(got).map_err(|_| io::Error::last_os_error())?;
    Ok(arrived(parts, got))
}

fn vector(bytes: &mut [u8]) -> libc::iovec {
    libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    }
}

/// Where the part ends in the other process; 0 if that is no address.
fn end(part: &Part<'_>) -> u64 {
    let end = part.address.checked_add(part.bytes.len() as u64);
    end.unwrap_or(0)
}

/// Bytes from `end` on to `next`, if the byte before `end` and that at `next` lie on one page:
/// then they are read as one stretch, because each costs as much as the page it lies on (0.7 µs;
/// the bytes cost nothing beside that).
fn gap(end: u64, next: u64) -> Option<usize> {
    let same_page = end > 0 && (end - 1) / PAGE == next / PAGE;
    let gap = next.checked_sub(end).filter(|_| same_page)?;
    usize::try_from(gap).ok()
}

/// Bytes of `parts` among the first `got` bytes of their stretches.
fn arrived(parts: &[Part<'_>], mut got: usize) -> usize {
    let (mut total, mut before) = (0, 0);
    for part in parts {
        let gap = gap(before, part.address).unwrap_or(0);
        got = got.saturating_sub(gap);
        total += part.bytes.len().min(got);
        got = got.saturating_sub(part.bytes.len());
        before = end(part);
    }
    total
}

/// CPU time that the calling thread has used.
pub(crate) fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid, exclusive timespec for the kernel to fill.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) } != 0;
    if failed {
        return Duration::ZERO;
    }
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos.min(999_999_999))
}

/// Clock ticks per second of the times in `/proc/PID/stat`.
pub(crate) fn ticks_per_second() -> f64 {
    // SAFETY: sysconf takes a constant and touches no memory of ours.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    if ticks > 0 { ticks as f64 } else { 100.0 }
}

/// Bytes of a page of memory.
pub(crate) fn page_size() -> u64 {
    // SAFETY: sysconf takes a constant and touches no memory of ours.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).unwrap_or(4096)
}

/// Lets this process have as many files open as it may: three stay open for each thread observed.
/// Not before the observed program has been started, which would inherit that.
pub(crate) fn raise_open_file_limit() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid, exclusive rlimit for the kernel to fill.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0 {
        limit.rlim_cur = limit.rlim_max;
        // SAFETY: `limit` is a valid rlimit for the kernel to read. That it fails is no harm.
        let _ = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    }
}

/// Files that this process may have open at once (the soft limit).
pub(crate) fn open_file_limit() -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid, exclusive rlimit for the kernel to fill.
    let failed = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0;
    if failed { 256 } else { limit.rlim_cur }
}
