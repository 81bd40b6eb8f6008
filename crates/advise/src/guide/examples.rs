//! Tasks that everybody knows, with the answers that describe them.

use super::answers::{
    Answers, Bound, Codebase, CpuCode, Dependence, FileIo, Lifetime, Machines, Shape, Sockets,
    State, Tasks,
};
use super::differences::Need;

/// A task and its answers.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The task, in a few words.
    pub task: &'static str,
    /// What a person would answer.
    pub answers: fn() -> Answers,
}

/// An example: the fields named are answered, all others are not.
macro_rules! example {
    ($task:literal, $($field:ident: $answer:expr),+ $(,)?) => {
        Example {
            task: $task,
            answers: || Answers { $($field: Some($answer),)+ ..Answers::default() },
        }
    };
}

/// The guide's own example tasks first, then one for each API that they leave out.
pub const EXAMPLES: [Example; 14] = [
    example!(
        "a loop over a function that computes",
        bound: Bound::Cpu, tasks: Tasks::Many, shape: Shape::ForLoop,
    ),
    example!(
        "a loop over a function that waits",
        bound: Bound::Io, tasks: Tasks::Many, shape: Shape::ForLoop,
    ),
    example!(
        "a monitor in the background",
        bound: Bound::Io, tasks: Tasks::One, lifetime: Lifetime::LongLived,
    ),
    example!(
        "a script that downloads many files",
        bound: Bound::Io, sockets: Sockets::Few, file_io: FileIo::Yes, tasks: Tasks::Many,
    ),
    example!(
        "a one-off task with state that waits",
        bound: Bound::Io, tasks: Tasks::One, state: State::Yes,
    ),
    example!(
        "a one-off task with state that computes",
        bound: Bound::Cpu, tasks: Tasks::One, state: State::Yes,
    ),
    example!(
        "many socket connections",
        bound: Bound::Io, sockets: Sockets::Many, tasks: Tasks::Many,
    ),
    example!(
        "a loop that reads or writes many files",
        bound: Bound::Io, file_io: FileIo::Yes, tasks: Tasks::Many, shape: Shape::ForLoop,
    ),
    example!(
        "computing tasks of which some may have to be cancelled",
        bound: Bound::Cpu, tasks: Tasks::Many, needs: vec![Need::Cancel],
    ),
    example!(
        "a loop that hashes or compresses large data",
        bound: Bound::Cpu,
        cpu_code: CpuCode::ReleasesGil,
        tasks: Tasks::Many,
        shape: Shape::ForLoop,
    ),
    example!(
        "a heartbeat in an async server",
        bound: Bound::Io,
        codebase: Codebase::Async,
        tasks: Tasks::One,
        lifetime: Lifetime::LongLived,
    ),
    example!(
        "a loop in which each turn starts from the last one's result",
        dependence: Dependence::Dependent,
    ),
    example!(
        "many tasks that keep all cores busy for days",
        bound: Bound::Cpu, tasks: Tasks::Many, machines: Machines::More,
    ),
    example!(
        "long-lived simulations, more than a machine holds",
        bound: Bound::Cpu,
        lifetime: Lifetime::LongLived,
        state: State::Yes,
        machines: Machines::More,
    ),
];
