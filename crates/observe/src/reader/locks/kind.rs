//! What kind of wait it is, by the standard library's frames.

use super::LockKind;
use super::object::LockType;
use crate::reader::code::Code;
use std::rc::Rc;

/// A file of the standard library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Module {
    Threading,
    Queue,
    Futures,
    ProcessQueue,
    Pool,
    Other,
}

fn module(file: &str) -> Module {
    const MODULES: [(&str, Module); 5] = [
        ("/threading.py", Module::Threading),
        ("/multiprocessing/queues.py", Module::ProcessQueue),
        ("/multiprocessing/pool.py", Module::Pool),
        ("/concurrent/futures/_base.py", Module::Futures),
        ("/queue.py", Module::Queue),
    ];
    let found = MODULES.iter().find(|(end, _)| file.ends_with(end));
    found.map_or(Module::Other, |(_, module)| *module)
}

/// A frame's file and function; 3.10 has no qualified names, so the class is not looked at.
fn place(code: &Code) -> (Module, &str) {
    let function = code.function.rsplit('.').next().unwrap_or_default();
    (module(&code.file), function)
}

/// Whether the code is the standard library's own use of its locks: it releases none that it was
/// not asked to, and its conditions are its own.
pub(super) fn is_trusted(code: &Code) -> bool {
    module(&code.file) != Module::Other || code.file.ends_with("/logging/__init__.py")
}

/// Whether the code is `Condition.wait` or what only passes the call on.
pub(super) fn waits_on_condition(code: &Code) -> bool {
    matches!(place(code), (Module::Threading, "wait" | "wait_for"))
}

/// The kind of the wait of a thread with these innermost frames, innermost first, for this lock.
pub(super) fn of(near: &[Rc<Code>], lock: Option<LockType>) -> LockKind {
    let places: Vec<_> = near.iter().map(|code| place(code)).collect();
    match lock {
        // A condition waits on a plain lock of its own; this is the one it needs to go on.
        Some(LockType::RLock) => return LockKind::RLock,
        Some(LockType::SimpleQueue) => return LockKind::Queue,
        _ => {}
    }
    by_frames(&places).unwrap_or(match lock {
        Some(LockType::Lock | LockType::Process) => LockKind::Lock,
        _ => LockKind::Other,
    })
}

fn by_frames(places: &[(Module, &str)]) -> Option<LockKind> {
    match places {
        [(Module::Threading, "wait"), callers @ ..] => Some(condition(callers)),
        [
            (Module::Threading, "join" | "_wait_for_tstate_lock" | "_shutdown"),
            ..,
        ] => Some(LockKind::Join),
        [(Module::ProcessQueue, "get" | "put"), ..] => Some(LockKind::Queue),
        _ => None,
    }
}

/// Whose condition is waited for, by the callers of `Condition.wait`.
fn condition(callers: &[(Module, &str)]) -> LockKind {
    match callers {
        [
            (Module::Threading, "wait"),
            (Module::Futures | Module::Pool, _),
            ..,
        ]
        | [(Module::Futures | Module::Pool, _), ..] => LockKind::Future,
        [(Module::Threading, "wait"), ..] => LockKind::Event,
        [(Module::Threading, "acquire"), ..] => LockKind::Semaphore,
        [(Module::Threading, "_enter"), ..]
        | [
            (Module::Threading, "wait_for"),
            (Module::Threading, "_wait"),
            ..,
        ] => LockKind::Barrier,
        [(Module::Queue, "get" | "put" | "join"), ..] => LockKind::Queue,
        _ => LockKind::Condition,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_named_by_the_callers_of_the_condition() {
        use Module::{Futures, Other, Queue, Threading};
        let kind = |callers: &[(Module, &'static str)]| {
            let mut places = vec![(Threading, "wait")];
            places.extend(callers);
            by_frames(&places)
        };
        assert_eq!(kind(&[(Other, "wait")]), Some(LockKind::Condition));
        assert_eq!(kind(&[(Threading, "wait")]), Some(LockKind::Event));
        assert_eq!(kind(&[(Queue, "get")]), Some(LockKind::Queue));
        assert_eq!(kind(&[(Futures, "result")]), Some(LockKind::Future));
        let event_of_future = [(Threading, "wait"), (Futures, "as_completed")];
        assert_eq!(kind(&event_of_future), Some(LockKind::Future));
        let barrier = [(Threading, "wait_for"), (Threading, "_wait")];
        assert_eq!(kind(&barrier), Some(LockKind::Barrier));
        let waits_for = [(Threading, "wait_for"), (Other, "_wait")];
        assert_eq!(kind(&waits_for), Some(LockKind::Condition));
        assert_eq!(by_frames(&[(Other, "wait")]), None);
        assert_eq!(by_frames(&[(Queue, "get"), (Other, "main")]), None);
    }

    #[test]
    fn a_file_is_the_standard_librarys_by_its_whole_name() {
        assert_eq!(
            module("/usr/lib/python3.12/threading.py"),
            Module::Threading
        );
        assert_eq!(module("/x/multiprocessing/queues.py"), Module::ProcessQueue);
        assert_eq!(module("/home/me/my_threading.py"), Module::Other);
    }
}
