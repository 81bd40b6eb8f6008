//! What the source of a Python program alone says: the places where tasks are or could be issued,
//! whether they are independent, what they do besides returning a result, and what would have to
//! cross to a worker.
//!
//! [`read_program`] is the only door. It reads the script and the project modules that it
//! imports, and nothing else: no environment, no clock, no standard library. It is also the only
//! place that knows ruff's parser.
//!
//! The way through the crate: `load` reads and parses; `scopes` finds functions and their names;
//! `facts` runs rounds of `walk` until it is known what every name may stand for; `walk` then
//! records, function by function, what the code does as a `trace`; `summary` is a callee's trace
//! for its callers; `independence` asks whether a loop's iterations get in each other's way;
//! `sites` and `runs` put the answers together. What is known of code outside the project stands
//! in the tables of `knowledge`.

mod analyse;
mod apart;
mod call_spot;
mod callee;
pub mod check;
mod crossing;
mod decode;
mod depth;
mod early_exit;
mod effects;
mod error;
mod existing;
mod facts;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod imported;
mod imports;
mod independence;
mod knowledge;
mod load;
mod loop_text;
mod nature;
mod program;
mod result_use;
mod run_dependencies;
mod runs;
mod scopes;
mod sites;
mod sockets;
mod summary;
pub mod syntax;
mod text;
mod trace;
mod value;
mod value_apart;
mod walk;
mod words;

pub use error::SourceError;

use rightlane_facts::ProgramSource;
use std::path::{Path, PathBuf};

/// Stack for the analysis, which recurses with the nesting of the source and of its calls. It is
/// reserved, not used, unless the source is deep.
#[cfg(not(feature = "fuzzing"))]
const STACK: usize = 512 * 1024 * 1024;
/// The sanitizer clears a shadow of the whole stack at every start of a thread; mutants are small.
#[cfg(feature = "fuzzing")]
const STACK: usize = 32 * 1024 * 1024;

/// Reads `script` and the project modules that it imports, and says what their source says.
///
/// `script` is as given on the command line, relative to `working_directory` unless absolute;
/// `search` are the directories in which project modules are looked for, the script's own first.
///
/// # Errors
/// If the script is missing, a directory, not text or not valid Python. Trouble with imported
/// modules is among [`ProgramSource::doubts`].
pub fn read_program(
    script: &Path,
    working_directory: &Path,
    search: &[PathBuf],
) -> Result<ProgramSource, SourceError> {
    let read = || {
        Ok(analyse::analyse(load::load(
            script,
            working_directory,
            search,
        )?))
    };

    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .name("rightlane-source".to_owned())
            .stack_size(STACK);
        let handle = worker.spawn_scoped(scope, read).map_err(|error| {
            SourceError::machinery(script, format!("no thread for it: {error}"))
        })?;
        // A panic is a defect of this crate; the caller gets an error, not the panic.
        handle.join().unwrap_or_else(|_| {
            Err(SourceError::machinery(
                script,
                "the analysis failed on it".to_owned(),
            ))
        })
    })
}
