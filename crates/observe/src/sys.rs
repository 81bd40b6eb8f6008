//! The system calls that the standard library does not offer. The only room of the sampler with
//! `unsafe` in it; everything here is bounded by the slices that it is handed.

use std::io;
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

/// Smallest page: if a byte of it can be read, all of it can.
const PAGE: u64 = 4096;

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
    const NOTHING: libc::iovec = libc::iovec {
        iov_base: std::ptr::null_mut(),
        iov_len: 0,
    };
    // Filled between two parts of one stretch, and never looked at.
    let mut between = [0_u8; PAGE as usize];
    let between = between.as_mut_ptr();
    let mut local = [NOTHING; 2 * BATCH];
    let mut remote = [NOTHING; BATCH];
    let (mut locals, mut stretches) = (0, 0);
    // Where the stretch ends that the next part may go on.
    let mut end = None;
    for part in parts.iter_mut().take(BATCH) {
        let length = part.bytes.len();
        if let Some(gap) = end.and_then(|end| gap(end, part.address)) {
            local[locals] = libc::iovec {
                iov_base: between.cast(),
                iov_len: gap,
            };
            locals += 1;
            remote[stretches - 1].iov_len += gap + length;
        } else {
            let address = usize::try_from(part.address);
            remote[stretches] = libc::iovec {
                iov_base: std::ptr::with_exposed_provenance_mut(
                    address.map_err(|_| io::ErrorKind::InvalidInput)?,
                ),
                iov_len: length,
            };
            stretches += 1;
        }
        local[locals] = libc::iovec {
            iov_base: part.bytes.as_mut_ptr().cast(),
            iov_len: length,
        };
        locals += 1;
        end = part.address.checked_add(length as u64);
    }
    // SAFETY: `local` describes exactly the exclusive slices of `parts`, which outlive the call,
    // and `between`, of which no gap is longer; the remote addresses are only ever used by the
    // kernel in the other process; the counts are those of the filled entries, at most two local
    // ones and one remote one for each of at most `BATCH` parts.
    let got = unsafe {
        libc::process_vm_readv(
            pid,
            local.as_ptr(),
            locals as libc::c_ulong,
            remote.as_ptr(),
            stretches as libc::c_ulong,
            0,
        )
    };
    let got = usize::try_from(got).map_err(|_| io::Error::last_os_error())?;
    Ok(arrived(parts, got))
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
    let mut total = 0;
    let mut end = None;
    for part in parts {
        let length = part.bytes.len();
        let gap = end.and_then(|end| gap(end, part.address)).unwrap_or(0);
        got = got.saturating_sub(gap);
        total += length.min(got);
        got = got.saturating_sub(length);
        end = part.address.checked_add(length as u64);
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
