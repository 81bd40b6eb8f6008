//! What launcher and guard cost a program: `overhead PYTHON SCRIPT [RUNS]` races it against itself and
//! prints the median beside that of a plain run, in milliseconds. With 0 runs: only what the rehearsal
//! shows.

use rightlane_race::{Race, RaceError, Setup, Target, Variant};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() -> Result<(), RaceError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [python, script, rest @ ..] = &arguments[..] else {
        eprintln!("overhead PYTHON SCRIPT [RUNS]");
        return Ok(());
    };
    let runs = rest
        .first()
        .and_then(|runs| runs.parse().ok())
        .unwrap_or(21);
    let never = || false;
    let here = std::env::current_dir().unwrap_or_default();
    let setup = Setup {
        min_runs: runs,
        max_runs: runs,
        budget: Some(Duration::from_secs(600)),
        ..Setup::new(&here, &here, std::env::temp_dir(), python, &never)
    };
    let mut race = Race::open(setup)?;
    let variant = Variant::new("program", python, Target::Script(script.into()));
    let rehearsal = race.rehearse(&variant)?;
    if runs == 0 {
        println!("{rehearsal:#?}\n{:?}", race.doubts());
        return Ok(());
    }
    race.add(variant);
    let mut plain = Vec::new();
    race.run(&mut |_| {
        let started = Instant::now();
        let status = Command::new(python)
            .arg(script)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        if status.is_ok_and(|status| status.success()) {
            plain.push(started.elapsed().as_secs_f64());
        }
    })?;
    plain.sort_by(f64::total_cmp);
    let raced = race.measured().remove(0);
    println!(
        "raced {:.1} ms (start-up {:.1}), plain {:.1} ms",
        raced.seconds.unwrap_or_default() * 1e3,
        raced.startup_seconds.unwrap_or_default() * 1e3,
        plain.get(plain.len() / 2).copied().unwrap_or_default() * 1e3,
    );
    Ok(())
}
