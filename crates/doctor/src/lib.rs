//! What this machine and its Pythons cost, measured.
//!
//! [`calibrate`] measures under one interpreter, [`cache`] keeps the result, [`machine`] joins it
//! with what the system allows this process, [`summary`] is what `rightlane doctor` shows.

pub mod cache;
mod calibrate;
mod calm;
mod error;
mod interpreter;
mod limits;
pub mod summary;

pub use calibrate::{Calibration, calibrate};
pub use calm::is_calm;
pub use error::Error;
pub use interpreter::python_facts;
pub use limits::{Limits, limits};

use rightlane_facts::{ApiCosts, Machine, PythonFacts};

/// This machine with one interpreter: what the system allows this process, and what was measured.
#[must_use]
pub fn machine(python: PythonFacts, costs: ApiCosts) -> Machine {
    let limits = limits();
    Machine {
        cores: limits.cores,
        cores_limit: limits.cores_limit,
        memory: limits.memory,
        python,
        costs,
    }
}
