//! Workload in, verdict out: the decision procedure, one file per step.
//!
//! Pure: no clock, file, environment or randomness (the simulation's seed is an input). The
//! steps ask the questions of the guide (is it worth it; CPU or IO; sockets and async; pool or a
//! worker of its own; pool or executor; settings), answer them from the evidence, and leave
//! every quantity to `rightlane-simulate`. [`guide`] is the same procedure for a person who
//! answers by hand.

pub mod guide;

mod candidate;
mod caveats;
mod code;
mod existing;
mod flips;
mod judge;
mod plans;
mod raced;
mod report;
mod run_site;
mod step0;
mod step1;
mod step2;
mod step3;
mod step4;
mod waits;
mod workload;

pub use judge::Told;
pub use report::{Input, advise};
