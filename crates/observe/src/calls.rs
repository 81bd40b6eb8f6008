//! The call ledger: counts, times and sizes of a site's iterations and calls, from inside the
//! observed process.
//!
//! [`Plan`] chooses what to watch, the Python code in `agent/` watches it, and [`read`] reads what
//! that wrote. Nothing that comes back is trusted.

pub(crate) mod agent;
mod even;
mod ledger;
mod plan;
mod wire;

pub use agent::FILE_NAME;
pub use ledger::{CallLedger, read};
pub(crate) use ledger::{count_iterations, default_start_method};
pub use plan::{CallWatch, LoopKind, LoopWatch, Plan};
pub(crate) use wire::{Start, encode};
