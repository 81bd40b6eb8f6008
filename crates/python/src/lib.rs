//! The extension module `rightlane._core`: the only crate that names pyo3.

mod futures;
#[expect(unsafe_code, reason = "a call of Python's C API")]
mod interrupt;
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
    const TASK: u32 = rightlane_procs::kind::TASK;

    #[pymodule_export]
    const DEFINE: u32 = rightlane_procs::kind::DEFINE;

    #[pymodule_export]
    const RESULT: u32 = rightlane_procs::kind::RESULT;

    #[pymodule_export]
    const ERROR: u32 = rightlane_procs::kind::ERROR;

    #[pymodule_export]
    const STARTED: u32 = rightlane_procs::kind::STARTED;

    #[pymodule_export]
    const FREE: u32 = rightlane_procs::kind::FREE;

    #[pymodule_export]
    const UNUSABLE: u32 = rightlane_procs::kind::UNUSABLE;

    #[pymodule_export]
    const UNREADABLE: u32 = rightlane_procs::kind::UNREADABLE;

    #[pymodule_export]
    const IN_BLOCK: u32 = rightlane_procs::kind::IN_BLOCK;

    #[pymodule_export]
    const INTACT: u32 = rightlane_procs::kind::INTACT;

    #[pymodule_export]
    const INLINE: usize = rightlane_procs::INLINE;

    #[pymodule_export]
    const ARENA: u64 = rightlane_procs::ARENA;

    #[pymodule_export]
    const PLAIN_CALL: u8 = super::processes::PLAIN_CALL;

    #[pymodule_export]
    const TICK: u64 = rightlane_procs::TICK;

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
