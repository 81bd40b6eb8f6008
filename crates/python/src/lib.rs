//! The extension module `rightlane._core`: the only crate that names pyo3.

mod futures;
mod processes;
mod threads;
#[expect(unsafe_code, reason = "descriptors that another process handed over")]
mod worker;

use pyo3::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;

/// What the package `rightlane` needs from Rust.
#[pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use super::main;

    #[pymodule_export]
    use super::processes::Hub;

    #[pymodule_export]
    use super::threads::Tasks;

    #[pymodule_export]
    use super::worker::{Blocks, WorkerEnd, die_with};

    #[cfg(feature = "kill-points")]
    #[pymodule_export]
    use super::worker::kill_at;

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

/// Runs the command line `argv` (the program's name first) and returns the exit code.
///
/// Other Python threads go on meanwhile. Where no Python is asked for, programs are run with
/// `executable`.
#[pyfunction]
fn main(py: Python<'_>, argv: Vec<OsString>, executable: Option<PathBuf>) -> i32 {
    py.detach(|| rightlane_cli::main_with(argv, executable))
}
