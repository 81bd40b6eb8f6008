//! The parsers against raw bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| rightlane_observe::fuzzing::tables(input));
