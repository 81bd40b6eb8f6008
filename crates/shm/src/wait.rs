//! Sleeping on a word in shared memory: `futex(2)`, never the private kind, which other processes do not see.

use rightlane_sync::atomic::AtomicU32;
use std::time::Duration;

/// How long a side looks for something before it sleeps: a message between two processes that sleep takes twice as
/// long each way (`make bench-pools`, two pipes), so that looking costs less than what it saves.
#[cfg(not(loom))]
const LOOKS: Duration = Duration::from_micros(20);

/// Looks for something for a moment, where there is a core for whoever is to bring it; whether it is there.
#[cfg(not(loom))]
pub fn look(is_there: impl Fn() -> bool) -> bool {
    use std::sync::OnceLock;
    static ALONE: OnceLock<bool> = OnceLock::new();
    let alone = *ALONE
        .get_or_init(|| std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1));
    if alone {
        return is_there();
    }
    let start = std::time::Instant::now();
    loop {
        for _ in 0..8 {
            if is_there() {
                return true;
            }
            std::hint::spin_loop();
        }
        if start.elapsed() > LOOKS {
            return false;
        }
    }
}

/// Sleeps while `word` is `value`, for `timeout` at most; may wake for no reason. `false` after the timeout.
///
/// A signal wakes it too, so that the caller can look whether its handler has to run.
#[cfg(not(loom))]
pub fn sleep(word: &AtomicU32, value: u32, timeout: Option<Duration>) -> bool {
    use rustix::thread::futex;
    let timeout = timeout.map(|timeout| rustix::time::Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(timeout.subsec_nanos()),
    });
    let ended = futex::wait(word, futex::Flags::empty(), value, timeout.as_ref());
    !matches!(ended, Err(rustix::io::Errno::TIMEDOUT))
}

/// Wakes who sleeps on `word`: one.
#[cfg(not(loom))]
pub fn wake(word: &AtomicU32) {
    use rustix::thread::futex;
    // It fails only for an address that is none.
    let _ = futex::wake(word, futex::Flags::empty(), 1);
}

/// In a model others run until the word changes.
#[cfg(loom)]
pub fn sleep(word: &AtomicU32, value: u32, _: Option<Duration>) -> bool {
    use rightlane_sync::atomic::Ordering;
    while word.load(Ordering::SeqCst) == value {
        rightlane_sync::yield_now();
    }
    true
}

/// In a model nobody sleeps.
#[cfg(loom)]
pub fn wake(_: &AtomicU32) {}
