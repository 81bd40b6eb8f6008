//! Races of real programs on the Pythons of this machine.

#[path = "../../../observe/tests/pythons/mod.rs"]
mod pythons;

mod killed;
mod outputs;
mod places;
mod safety;
mod schedule;
mod support;
mod texts;
