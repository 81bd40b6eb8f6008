//! The options of `rightlane top`.

use crate::args::duration_or_seconds;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The shortest and the longest time between two pictures.
const REFRESH: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(60)];

const AFTER: &str = "\
States:
  python     Python code (holding the GIL, where there is one)
  native     native code holding the GIL
  released   native code that released the GIL
  kernel     copying files or sockets
  cpu queue  waiting for a CPU
  GIL        waiting for the GIL
  socket, dns, read, write, child, pipe, lock, sleep
             waiting for a socket, a name lookup, a file, a child process,
             a pipe, a lock or queue; sleeping
  idle       an event loop with nothing to do
  ?          not explained

Exit codes:
  0  done
  2  wrong usage, or a program that cannot be read
  3  the program that top started failed by itself
  4  not permitted or not supported here; the message says what to do";

/// `rightlane top`.
///
/// What follows SCRIPT or MODULE belongs to the program; see `crate::split`.
#[derive(Debug, Args)]
#[command(
    override_usage = "rightlane top [OPTIONS] --pid PID\n       \
                      rightlane top [OPTIONS] SCRIPT [ARGS]...\n       \
                      rightlane top [OPTIONS] -m MODULE [ARGS]...",
    after_help = AFTER,
)]
pub(crate) struct TopArgs {
    /// Start this program and watch it; it ends when top ends. The screen is top's, so the
    /// program's output is thrown away (see --output-to) and its input is empty
    #[arg(
        value_name = "SCRIPT",
        required_unless_present_any = ["module", "pid", "replay"],
        conflicts_with_all = ["module", "pid", "replay"],
    )]
    pub(crate) script: Option<PathBuf>,
    /// The program's arguments, passed on as they are
    #[arg(value_name = "ARGS")]
    pub(crate) arguments: Vec<OsString>,
    /// Start a module as `python -m` does
    #[arg(short = 'm', long, value_name = "MODULE", conflicts_with = "pid")]
    pub(crate) module: Option<String>,
    /// Watch a program that runs already; it goes on when top ends
    #[arg(short, long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) pid: Option<u32>,
    /// The Python to start the program with: a path, a command or a version
    #[arg(long, value_name = "PYTHON", conflicts_with = "pid")]
    pub(crate) python: Option<OsString>,
    /// Write the started program's stdout and stderr to this file
    #[arg(long, value_name = "FILE", conflicts_with = "pid")]
    pub(crate) output_to: Option<PathBuf>,
    /// Looks at the threads per second
    #[arg(
        long,
        default_value_t = 100,
        value_name = "HZ",
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub(crate) rate: u32,
    /// Time between two pictures (500ms, 2s)
    #[arg(long, default_value = "1s", value_name = "DURATION", value_parser = refresh)]
    pub(crate) refresh: Duration,
    /// Print one table as plain text after one refresh and end
    #[arg(long, conflicts_with = "batch")]
    pub(crate) once: bool,
    /// Print this many tables as plain text, one for each refresh, and end
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batch: Option<u32>,
    /// Show stored views (one JSON object on each line) instead of a program: for working on the
    /// screen itself
    #[arg(long, hide = true, value_name = "FILE", conflicts_with_all = ["pid", "module"])]
    pub(crate) replay: Option<PathBuf>,
}

impl TopArgs {
    /// How many plain tables are wanted instead of the screen.
    pub(crate) fn tables(&self) -> Option<u32> {
        if self.once { Some(1) } else { self.batch }
    }
}

fn refresh(text: &str) -> Result<Duration, String> {
    let asked = duration_or_seconds(text)?;
    if asked < REFRESH[0] || asked > REFRESH[1] {
        return Err("it has to be between 100ms and 1m".into());
    }
    Ok(asked)
}
