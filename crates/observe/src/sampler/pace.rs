//! How often to look.

use crate::sampler::Options;
use std::time::Duration;

/// Looks per second while a run is young: short programs get enough samples. No longer than that:
/// two programs of 0.9 s took 4 to 5 % longer with 250 looks a second than with none (medians of 15
/// pairs on two virtual cores whose speed varied by 20 %; what half a second saves was not measured).
const YOUNG_RATE: f64 = 250.0;
const YOUNG: Duration = Duration::from_millis(500);

/// Looks per second at least, however many threads there are.
const SLOWEST: f64 = 2.0;

/// Part of the run so far that may pass without a look: what a program did between the last look and
/// its end is lost.
const BLIND: f64 = 0.125;

/// Looks per second at most.
const FASTEST: f64 = 1000.0;

/// CPU that sampling may use before its share counts: attaching, and single expensive looks, do
/// not thin out the looks that follow.
const CREDIT: Duration = Duration::from_millis(50);

/// Decides the time from one round of looks to the next.
pub(crate) struct Pace {
    rate: f64,
    /// Looks per second while the run is young.
    young_rate: f64,
    /// Part of a core that sampling may use.
    share: f64,
    /// CPU used so far at most.
    cpu: Duration,
    seed: u64,
}

impl Pace {
    /// As `options` say; `seed` decides the jitter.
    pub(crate) fn new(options: &Options, seed: u64) -> Self {
        let (rate, share) = (options.rate, options.share);
        let rate = if rate.is_finite() { rate } else { 100.0 };
        let rate = rate.clamp(SLOWEST, FASTEST);
        Pace {
            rate,
            young_rate: if options.early {
                rate.max(YOUNG_RATE)
            } else {
                rate
            },
            cpu: Duration::ZERO,
            share: if share.is_finite() {
                share.clamp(0.001, 1.0)
            } else {
                1.0
            },
            // The generator below stays at zero once there.
            seed: seed | 1,
        }
    }

    /// The time from the start of the round just done to the start of the next. Sampling has
    /// taken `elapsed` so far, `round` of it for this round; `cpu` tells the CPU time it used.
    pub(crate) fn next(
        &mut self,
        elapsed: Duration,
        round: Duration,
        cpu: impl FnOnce() -> Duration,
    ) -> Duration {
        let rate = if elapsed < YOUNG {
            self.young_rate
        } else {
            self.rate
        };
        let pause = self.jitter() / rate;
        let earned = elapsed.as_secs_f64() * self.share;
        // A round uses no more CPU than it takes time, and the CPU clock costs a system call: it is
        // asked only where the share might be used up.
        self.cpu += round;
        if self.debt(earned) > 0.0 {
            self.cpu = cpu();
        }
        let debt = self.debt(earned);
        let longest = (elapsed.as_secs_f64() * BLIND).min(1.0 / SLOWEST);
        Duration::from_secs_f64(pause.max((debt / self.share).min(longest)))
    }

    /// CPU seconds used beyond those earned.
    fn debt(&self, earned: f64) -> f64 {
        self.cpu.saturating_sub(CREDIT).as_secs_f64() - earned
    }

    /// 0.75 to 1.25, evenly: without it a program that works in a rhythm of its own could be
    /// looked at always at the same point.
    fn jitter(&mut self) -> f64 {
        // Xorshift: not random, only without a rhythm.
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        0.75 + (self.seed % 1024) as f64 / 2048.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: f64, seed: u64) -> Pace {
        Pace::new(&Options::at(rate), seed)
    }

    /// Rounds in `seconds` from `start` on, each of which costs `micros` of CPU.
    fn rounds(start: f64, seconds: f64, micros: u64) -> f64 {
        let mut pace = pace(100.0, 7);
        let mut elapsed = Duration::from_secs_f64(start);
        let end = elapsed + Duration::from_secs_f64(seconds);
        let (mut cpu, mut rounds) = (CREDIT, 0.0);
        while elapsed < end {
            cpu += Duration::from_micros(micros);
            elapsed += pace.next(elapsed, Duration::from_micros(micros), || cpu);
            rounds += 1.0;
        }
        rounds
    }

    #[test]
    fn young_runs_are_looked_at_more_often_and_expensive_ones_less() {
        let near = |rounds: f64, wanted: f64| (rounds / wanted - 1.0).abs() < 0.05;
        assert!(near(rounds(0.0, 0.5, 20), 125.0));
        assert!(near(rounds(10.0, 20.0, 20), 2000.0));
        // 4 ms a round are 2 % of a core at 5 rounds a second.
        assert!(near(rounds(0.0, 200.0, 4000), 1000.0));
        assert!(near(rounds(10.0, 50.0, 4_000_000), 50.0 * SLOWEST));
    }

    #[test]
    fn one_expensive_round_does_not_thin_out_the_others() {
        let mut pace = pace(100.0, 7);
        let cpu = Duration::from_millis(40);
        let pause = pace.next(Duration::from_secs(3), cpu, || cpu);
        assert!(pause < Duration::from_millis(13), "{pause:?}");
    }

    #[test]
    fn a_short_run_that_is_dear_to_look_at_is_never_left_alone_for_long() {
        let mut pace = pace(100.0, 7);
        let cpu = Duration::from_millis(400);
        let pause = pace.next(Duration::from_secs(1), cpu, || cpu);
        assert!(pause < Duration::from_millis(130), "{pause:?}");
    }

    #[test]
    fn steps_differ_but_stay_within_a_quarter() {
        let mut pace = pace(100.0, 0);
        let steps: Vec<f64> = (0..1000)
            .map(|_| {
                let round = Duration::from_micros(50);
                let pause = pace.next(Duration::from_secs(9), round, || round);
                pause.as_secs_f64()
            })
            .collect();
        assert!(steps.iter().all(|step| (0.0074..=0.0126).contains(step)));
        assert!(steps.iter().any(|step| *step < 0.0085));
        assert!(steps.iter().any(|step| *step > 0.0115));
    }

    #[test]
    fn a_rate_that_was_asked_for_is_kept_from_the_beginning() {
        let options = Options {
            early: false,
            ..Options::at(100.0)
        };
        let mut pace = Pace::new(&options, 7);
        let pause = pace.next(Duration::from_millis(1), Duration::ZERO, Duration::default);
        assert!(pause >= Duration::from_micros(7500), "{pause:?}");
    }

    #[test]
    fn the_cpu_clock_is_asked_only_where_the_share_might_be_used_up() {
        let mut pace = pace(100.0, 7);
        let round = Duration::from_millis(30);
        let mut next = |seconds| {
            let mut asked = false;
            let _ = pace.next(Duration::from_secs(seconds), round, || {
                asked = true;
                Duration::from_millis(1)
            });
            asked
        };
        // 50 ms of credit and 20 ms of each second.
        assert_eq!(
            [next(1), next(1), next(1), next(1)],
            [false, false, true, false]
        );
    }

    #[test]
    fn senseless_rates_are_bounded() {
        for rate in [f64::NAN, f64::INFINITY, -5.0, 0.0, 1e12] {
            let step =
                pace(rate, 3).next(Duration::from_secs(9), Duration::ZERO, Duration::default);
            assert!(step > Duration::from_micros(500) && step < Duration::from_secs(1));
        }
    }
}
