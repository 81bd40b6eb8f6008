//! Systems without a way to read another process that is built here.

use crate::sampler::{Sampled, refused};
use std::sync::mpsc::Receiver;

/// Refuses.
pub(super) fn run(_pid: u32, _rate: f64, _stopped: &Receiver<()>) -> Sampled {
    refused(format!(
        "sampling is not supported on {} {}: it is built for Linux on x86-64 and aarch64",
        std::env::consts::OS,
        std::env::consts::ARCH
    ))
}
