//! Predicted wall times: observed tasks replayed under each concurrency API.
//!
//! Pure: no clock, file, environment or randomness. Everything that the replay takes from the
//! machine was measured there ([`rightlane_facts::ApiCosts`]); the tasks' phases were observed.
//!
//! - [`predict`]: a site's tasks under a [`Plan`].
//! - [`predict_run`]: a few long-lived, different activities, each on its own.
//! - [`what_if`]: other cores, no GIL, a cluster.

mod case;
mod chunks;
mod coroutines;
mod engine;
mod plan;
mod predict;
mod processes;
mod rates;
mod run;
mod steps;
mod tasks;
mod threads;
mod twin;
mod warm;
pub mod what_if;

pub use plan::{Plan, Prediction};
pub use predict::predict;
pub use run::{RunMember, RunPlan, predict_run};
