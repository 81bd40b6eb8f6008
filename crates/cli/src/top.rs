//! `rightlane top`: what the threads of a live program do.
//!
//! One source of views ([`views::Views`]), one state made of the newest one and of what the person
//! chose (`state`), and two ways to show it: the screen (`screen`, `draw`) and plain tables
//! (`batch`). Both are made of the same lines (`header`) and columns (`columns`).

mod args;
mod bar;
mod batch;
mod columns;
mod detail;
mod draw;
mod header;
mod keys;
mod live;
mod rows;
mod screen;
mod signals;
mod sort;
mod state;
mod style;
mod text;
mod views;
mod words;

#[cfg(test)]
mod made_up;
#[cfg(test)]
mod tests;

pub(crate) use args::TopArgs;

use crate::args::ColorWhen;
use crate::failure::{Failure, exit};
use crate::terminal::{self, Stream};
use live::Live;
use rightlane_facts::Outcome;
use signals::{Asked, Signals};
use state::{Life, Top};
use std::path::Path;
use std::time::{Duration, Instant};
use style::Palette;
use views::{Replay, Views};

/// Runs the command and returns the exit code.
pub(crate) fn run(
    args: &TopArgs,
    color: ColorWhen,
    default_python: Option<&Path>,
) -> Result<i32, Failure> {
    let tables = args.tables();
    if tables.is_none() {
        screen_wanted()?;
    }
    let signals = Signals::watch()
        .map_err(|error| Failure::not_here(format!("signals cannot be watched: {error}")))?;
    let (program, mut views) = open(args, default_python)?;
    let mut top = Top::new(program, args.refresh);
    let signal = match tables {
        Some(tables) => print(views.as_mut(), &mut top, tables, &signals),
        None => {
            let colored = terminal::is_colored(Stream::Out, color);
            // It reads NO_COLOR as well, and would have the last word.
            ratatui::crossterm::style::force_color_output(colored);
            screen::show(views.as_mut(), &mut top, Palette::new(colored), &signals)
                .map_err(|error| Failure::not_here(format!("the screen cannot be used: {error}")))?
        }
    };
    Ok(match (signal, top.life) {
        // What a shell reports for a command that a signal ended.
        (Some(signal), _) => 128 + signal,
        (None, Life::Ended(Some(outcome))) if outcome != Outcome::Exited(0) => exit::PROGRAM_FAILED,
        (None, _) => exit::DONE,
    })
}

/// Refuses where no screen can be drawn.
fn screen_wanted() -> Result<(), Failure> {
    let seen = if !terminal::is_terminal(Stream::Out) {
        "standard output is no terminal to draw on"
    } else if terminal::is_dumb() {
        "this terminal cannot be drawn on (TERM=dumb)"
    } else {
        return Ok(());
    };
    Err(Failure::usage(seen).instead("print plain tables: rightlane top --once … or --batch N …"))
}

/// The program's name, and its views.
fn open(
    args: &TopArgs,
    default_python: Option<&Path>,
) -> Result<(String, Box<dyn Views>), Failure> {
    if let Some(file) = &args.replay {
        let program = format!("replay of {}", file.display());
        return Ok((program, Box::new(Replay::open(file)?)));
    }
    let (program, live) = Live::open(args, default_python)?;
    Ok((program, Box::new(live)))
}

/// Prints `tables` plain tables, one for each refresh; returns the signal that ended it.
fn print(views: &mut dyn Views, top: &mut Top, tables: u32, signals: &Signals) -> Option<i32> {
    // Piped, lines are as long as they have to be within reason: nobody is there to widen them.
    let columns = if terminal::is_terminal(Stream::Out) {
        terminal::columns(Stream::Out)
    } else {
        160
    };
    for table in 0..tables {
        if let Some(signal) = sleep(top.refresh, signals) {
            return Some(signal);
        }
        let view = views.view();
        top.see(view, views.outcome());
        let space = if table > 0 { "\n" } else { "" };
        terminal::write(
            Stream::Out,
            &format!("{space}{}", batch::table(top, columns)),
        );
        if top.life != Life::Runs {
            break;
        }
    }
    None
}

/// Sleeps for `time`, or until a signal asks for the end, which is returned.
fn sleep(time: Duration, signals: &Signals) -> Option<i32> {
    let end = Instant::now() + time;
    loop {
        match signals.asked() {
            Some(Asked::End(signal)) => return Some(signal),
            Some(Asked::Suspend) => signals.stop(),
            Some(Asked::Continued) | None => {}
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
}
