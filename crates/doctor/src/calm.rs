//! Whether other programs leave the machine alone right now.

use std::time::Duration;

/// How long is looked: ten times the clock tick in which the kernel counts.
const LOOK: Duration = Duration::from_millis(100);

/// Cores that others may use; a calibration with more of it is [rough](crate::Calibration).
pub(crate) const CALM: f64 = 0.3;

/// Whether other programs use so little CPU now that measuring is worth it. Takes a tenth of a
/// second. True where the system does not say (all but Linux).
#[must_use]
pub fn is_calm() -> bool {
    let Some(before) = busy_ticks() else {
        return true;
    };
    std::thread::sleep(LOOK);
    let Some(after) = busy_ticks() else {
        return true;
    };
    #[expect(clippy::cast_precision_loss, reason = "a few ticks")]
    let ticks = after.saturating_sub(before) as f64;
    ticks / TICKS_PER_SECOND / LOOK.as_secs_f64() <= CALM
}

/// Of `/proc/stat`: USER_HZ, 100 on every Linux architecture that CPython supports (proc(5)).
const TICKS_PER_SECOND: f64 = 100.0;

/// Clock ticks in which any core was busy so far.
fn busy_ticks() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line
        .split_ascii_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let &[user, nice, system, _idle, _iowait, ref rest @ ..] = &ticks[..] else {
        return None;
    };
    // What guests use is in `user` already.
    let rest = rest.iter().take(3).sum::<u64>();
    Some(user + nice + system + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn ticks_are_counted_and_a_busy_core_is_not_calm() {
        let before = busy_ticks().unwrap();
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
            let calm = is_calm();
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(!calm);
        });
        assert!(busy_ticks().unwrap() > before);
    }
}
