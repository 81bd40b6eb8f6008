//! Variants of a Python program, run against each other, safely, and measured.
//!
//! A [`Race`] is opened, the unchanged program rehearsed, variants added and run in turns; what was
//! measured can be read at any time:
//!
//! ```no_run
//! # use rightlane_race::{Race, Setup, Target, Variant};
//! # fn main() -> Result<(), rightlane_race::RaceError> {
//! let never = || false;
//! let here = std::path::Path::new("/home/me/project");
//! let setup = Setup::new(here, here, "/tmp", "/usr/bin/python3", &never);
//! let mut race = Race::open(setup)?;
//! let program = Variant::new("sequential", "/usr/bin/python3", Target::Script("report.py".into()));
//! race.rehearse(&program)?;
//! race.add(program);
//! race.run(&mut |_| ())?;
//! # Ok(()) }
//! ```
//!
//! # What is guaranteed
//!
//! - Nothing below [`Setup::root`] is changed. Programs that write there run in a copy of it.
//! - When the race is dropped, or this process ends in any other way (SIGKILL included), its
//!   children are killed and its folder is removed. A small process of its own, the *keeper*, does
//!   that; where it is killed too, the next race in the same temporary folder does.
//! - Unless [`Setup::allow_effects`] is on, a program that is about to reach another machine, a
//!   server that was there before it, files elsewhere, or other processes is killed before it does.
//!
//! # How, and how far
//!
//! Two guards. An *audit hook* in every Python of the program sees what Python does before it
//! happens. *Landlock*, where the kernel has it (Linux 5.13), keeps every process of the program, in
//! C or in a shell, from writing elsewhere than to the race's folder, the system's temporary folders
//! and devices. Best effort are:
//!
//! - *Connections made in C* (a database driver, an HTTP library). Audit hooks do not see them;
//!   some modules known for them are refused when imported.
//! - *Child Pythons started with `-E`, `-I` or `-S`*, or with an environment of their own: they have
//!   neither the variant's texts nor the audit hook, only Landlock. The variant's own interpreter may
//!   have these flags.
//! - *Writes in C that fail silently.* Run in place, a C library that may not write gets `EACCES`; if the
//!   program goes on as if nothing happened, nobody sees. Child commands that could write always run
//!   in a copy, and so does a program that fails in place.
//! - *Without Landlock*, child commands that are not known to read only are refused, and writes by C
//!   libraries are not seen.
//! - *What a child command sends over the network* is not seen. Commands known for it are refused by their
//!   names, in a shell's line too, but not inside a script.
//! - *A keeper that is killed* takes the program with it, and the next race kills what carries the race's
//!   name; a daemon that has thrown its environment away stays.
//! - *Shared memory* (`/dev/shm`) that a killed program had is left.
//! - *Times and modes* (`touch`, `chmod` by absolute path in a child command) are not held by Landlock.
//! - A variant's text reaches modules, `__main__` and multiprocessing's workers. Run in place, a
//!   program that starts its own file as a new command gets the file's own text, and a file that is not
//!   there cannot be given one.

mod compare;
mod effects;
mod error;
mod keeper;
mod listening;
mod measured;
mod race;
mod run;
mod schedule;
mod scratch;
mod setup;
mod statistics;
mod workplace;
mod writable;

pub use compare::{Difference, Where};
pub use effects::Effect;
pub use error::RaceError;
pub use measured::{How, Measured, Output};
pub use race::{Race, Rehearsal, Status, VariantId};
pub use schedule::{Progress, Settled};
pub use setup::{CopyLimit, Copying, OutputEqual, Setup, Target, Variant};
pub use workplace::Workplace;
