//! Races of real programs on the Pythons of this machine.

#[path = "../../../observe/tests/pythons/mod.rs"]
#[allow(dead_code, reason = "free-threaded builds are raced as any other")]
mod pythons;

mod killed;
mod outputs;
mod places;
mod safety;
mod schedule;
mod support;
mod texts;
