//! Drawn sequences. One character is one millisecond of a thread's life: `p` Python, `n` native
//! holding the GIL, `r` released, `q` runnable without a CPU, `s` socket wait, `g` GIL wait.

use super::*;
use std::collections::HashMap;

const MILLI: u64 = 1_000_000;

fn class(mark: u8) -> Class {
    match mark {
        b'p' => Class::Cpu(Cpu::Python),
        b'n' => Class::Cpu(Cpu::Native),
        b'r' => Class::Cpu(Cpu::Released),
        // Runnable: it stands where it will go on.
        b'q' => Class::Cpu(Cpu::Python),
        b's' => Class::Wait(WaitCause::Socket),
        b'g' => Class::Wait(WaitCause::GilWait),
        other => panic!("no such mark: {other}"),
    }
}

/// What the kernel's clocks say after `life[..end]`, with a tick of 4 ms: behind for a runner.
fn clock(life: &[u8], end: usize) -> Clock {
    let runs_now = |mark: &u8| matches!(mark, b'p' | b'n' | b'r');
    let mut clock = Clock::default();
    let mut waiting = 0;
    for (index, mark) in life[..end].iter().enumerate() {
        let before = index.checked_sub(1).map(|index| life[index]);
        if runs_now(mark) {
            clock.cpu += MILLI;
            if before.is_none_or(|before| !runs_now(&before)) {
                clock.runs += 1;
                clock.delay += std::mem::take(&mut waiting);
            }
        } else if *mark == b'q' {
            waiting += MILLI;
        }
    }
    if let Some(mark) = life.get(end)
        && runs_now(mark)
        && end > 0
        && runs_now(&life[end - 1])
    {
        // Still running: the clock was written at the last tick.
        let since_tick = (end % 4) as u64 * MILLI;
        let running = life[..end]
            .iter()
            .rev()
            .take_while(|mark| runs_now(mark))
            .count() as u64;
        clock.cpu -= since_tick.min(running * MILLI);
    }
    clock
}

fn look(life: &[u8], at: usize, system: u64) -> Look {
    let mark = life[at.min(life.len() - 1)];
    Look {
        at: at as u64 * MILLI,
        clock: clock(life, at),
        system,
        runnable: matches!(mark, b'p' | b'n' | b'r' | b'q'),
        class: class(mark),
        guessed: false,
        spot: Spot {
            stack: u32::from(mark),
            ..Spot::EMPTY
        },
    }
}

/// Milliseconds per cause, looking every `step` milliseconds.
fn divide(life: &str, step: usize, system_share: f64) -> HashMap<WaitCause, f64> {
    let life = life.as_bytes();
    let mut result: HashMap<WaitCause, f64> = HashMap::new();
    let mut sink = |cause, _stack, seconds: f64| *result.entry(cause).or_default() += seconds * 1e3;
    let system = |at: usize| (clock(life, at).cpu as f64 * system_share) as u64;
    let mut split = Split::new(look(life, 0, 0));
    // Steps of uneven length: the real ones jitter, too.
    let mut at = 0;
    for turn in 0.. {
        at += step + turn * 7 % 5 - 2;
        if at >= life.len() {
            break;
        }
        split.look(look(life, at, system(at)), &mut sink);
    }
    let end = life.len();
    split.finish(end as u64 * MILLI, Some(clock(life, end)), &mut sink);
    let total: f64 = result.values().sum();
    assert!(
        (total - end as f64).abs() < 1e-6,
        "{total} of {end}: {result:?}"
    );
    result
}

fn close(result: &HashMap<WaitCause, f64>, cause: WaitCause, wanted: f64, within: f64) {
    let found = result.get(&cause).copied().unwrap_or(0.0);
    assert!(
        (found - wanted).abs() <= within,
        "{}: {found}, not {wanted}: {result:?}",
        cause.key()
    );
}

#[test]
fn a_thread_that_only_computes_has_no_wait() {
    let result = divide(&"p".repeat(1000), 10, 0.0);
    close(&result, WaitCause::PythonGil, 1000.0, 1e-6);
}

#[test]
fn waits_far_shorter_than_a_step_come_out_exactly() {
    // 3 ms of Python and 1 ms on a socket, looked at every 10 ms.
    let result = divide(&"ppps".repeat(500), 10, 0.0);
    close(&result, WaitCause::PythonGil, 1500.0, 25.0);
    close(&result, WaitCause::Socket, 500.0, 25.0);
}

#[test]
fn a_short_computation_between_long_waits_is_found() {
    let life = format!("{}pn", "s".repeat(18)).repeat(100);
    let result = divide(&life, 10, 0.0);
    close(&result, WaitCause::Socket, 1800.0, 25.0);
    let cpu: f64 = [WaitCause::PythonGil, WaitCause::NativeGil]
        .iter()
        .filter_map(|cause| result.get(cause))
        .sum();
    assert!((cpu - 200.0).abs() < 25.0, "{result:?}");
}

#[test]
fn phases_keep_their_own_time() {
    let life = format!("{}{}{}", "p".repeat(700), "s".repeat(700), "n".repeat(600));
    let result = divide(&life, 10, 0.0);
    close(&result, WaitCause::PythonGil, 700.0, 15.0);
    close(&result, WaitCause::Socket, 700.0, 25.0);
    close(&result, WaitCause::NativeGil, 600.0, 25.0);
}

#[test]
fn runnable_without_a_cpu_is_its_own_cause() {
    let result = divide(&"ppqq".repeat(250), 10, 0.0);
    close(&result, WaitCause::CpuWait, 500.0, 25.0);
    close(&result, WaitCause::PythonGil, 500.0, 25.0);
}

#[test]
fn waiting_for_the_gil_and_holding_it_are_kept_apart() {
    let life = format!("{}{}", "p".repeat(5), "g".repeat(15)).repeat(60);
    let result = divide(&life, 10, 0.0);
    close(&result, WaitCause::PythonGil, 300.0, 25.0);
    close(&result, WaitCause::GilWait, 900.0, 25.0);
}

#[test]
fn cpu_without_the_gil_is_native_or_kernel_by_the_ticks() {
    let native = divide(&"r".repeat(1000), 10, 0.0);
    close(&native, WaitCause::NativeReleased, 1000.0, 1e-6);
    let kernel = divide(&"r".repeat(1000), 10, 0.95);
    close(&kernel, WaitCause::Kernel, 950.0, 30.0);
}

#[test]
fn a_thread_that_has_not_moved_needs_no_look() {
    let life = b"psssssssssssssssssss";
    let mut seen = HashMap::new();
    let mut sink = |cause, Spot { stack, .. }, seconds: f64| {
        *seen.entry((cause, stack)).or_insert(0.0) += seconds * 1e3;
    };
    let mut split = Split::new(look(life, 0, 0));
    split.look(look(life, 4, 0), &mut sink);
    for at in 5..=20 {
        split.unmoved(at * MILLI);
    }
    assert_eq!(split.last_wait(), Some(WaitCause::Socket));
    split.finish(20 * MILLI, None, &mut sink);
    assert!(
        (seen[&(WaitCause::Socket, u32::from(b's'))] - 19.0).abs() < 1e-6,
        "{seen:?}"
    );
}

#[test]
fn clocks_that_jump_or_run_backwards_never_make_time() {
    let mut total = 0.0;
    let mut sink = |_, _, seconds: f64| total += seconds;
    let mut look = look(b"pp", 0, 0);
    let mut split = Split::new(look);
    for (at, cpu, delay, system) in [
        (10, u64::MAX, u64::MAX, u64::MAX),
        (5, 0, 0, 0),
        (30, 1, u64::MAX, 7),
        (31, u64::MAX / 2, 3, 0),
    ] {
        look.at = at * MILLI;
        look.clock = Clock {
            cpu,
            delay,
            runs: cpu,
        };
        look.system = system;
        split.look(look, &mut sink);
    }
    split.finish(40 * MILLI, Some(Clock::default()), &mut sink);
    assert!(total <= 0.066, "{total}");
}
