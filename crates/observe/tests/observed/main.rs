//! Real programs, run observed by real interpreters.
//!
//! Called with `observe` as its first argument, this program observes one program and writes what
//! it saw to a file (see [`observer`]); otherwise it runs the tests, which start it that way.

mod counts;
mod endings;
mod identity;
mod observer;
#[path = "../pythons/mod.rs"]
mod pythons;
mod refusals;
mod sizes;
mod support;

use libtest_mimic::{Arguments, Trial};

fn main() {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == "observe")
    {
        observer::main();
    }
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    for python in support::pythons() {
        trials.extend(identity::trials(&python));
        trials.extend(counts::trials(&python));
        trials.extend(sizes::trials(&python));
        trials.extend(endings::trials(&python));
    }
    trials.extend(refusals::trials());
    libtest_mimic::run(&arguments, trials).exit();
}
