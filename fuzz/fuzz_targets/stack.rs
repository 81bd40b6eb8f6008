//! The walkers against the recordings of `make fuzz`, changing while they are read.
#![no_main]

use rightlane_observe::fuzzing::{self, Snapshot};
use std::path::Path;
use std::sync::LazyLock;

static SNAPSHOTS: LazyLock<Vec<Snapshot>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/fuzz/snapshots");
    fuzzing::snapshots(Path::new(folder))
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::stack(&SNAPSHOTS, input));
