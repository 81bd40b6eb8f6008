//! Systems without a way to read another process that is built here.

use crate::sampler::{Options, Recorded};
use rightlane_facts::LiveView;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// Nothing stands in the way but what [`run`] says.
pub(super) fn permitted(_pid: u32) -> Result<(), String> {
    Ok(())
}

/// Refuses.
pub(super) fn run(
    _pid: u32,
    _options: &Options,
    _stopped: &AtomicBool,
    _view: &Arc<Mutex<Option<LiveView>>>,
) -> Recorded {
    Recorded {
        doubts: vec![format!(
            "sampling is not supported on {} {}: it is built for Linux on x86-64 and aarch64",
            std::env::consts::OS,
            std::env::consts::ARCH
        )],
        ..Recorded::default()
    }
}
