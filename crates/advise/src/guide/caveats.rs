//! What to mind with an answer.

use super::answers::{
    Answers, Bound, CpuCode, FileIo, Lifetime, Preference, Sockets, State, Tasks,
};
use super::route::{Basis, FamilyReason, Route, Worker, awaited_from_asyncio};
use rightlane_facts::{Api, Family};

/// What to mind, the most important first.
pub(super) fn caveats(answers: &Answers, route: &Route) -> Vec<String> {
    let mut caveats = Vec::new();
    let mut mind = |text: &str| caveats.push(text.to_owned());
    if route.family != Family::Sequential && route.bound_basis == Basis::Assumed {
        mind("Whether the tasks compute or wait decides most: `rightlane advise` measures it.");
    }
    match route.family {
        Family::Sequential => sequential(route, &mut mind),
        Family::Thread if route.bound == Bound::Cpu => computing_threads(answers, route, &mut mind),
        Family::Thread => waiting_threads(answers, route, &mut mind),
        Family::Process | Family::Interpreter => processes(answers, route, &mut mind),
        Family::Asyncio => asyncio(answers, route, &mut mind),
        Family::Cluster => cluster(&mut mind),
    }
    tasks(answers, route, &mut mind);
    caveats
}

fn sequential(route: &Route, mind: &mut impl FnMut(&str)) {
    if route.family_reason == FamilyReason::Dependent {
        mind(
            "If only a part of each task needs the one before, split the task: the rest can run \
              side by side. If items pass through several stages, each stage can have a thread \
              with a queue.Queue between them.",
        );
    } else {
        mind("If the work grows, ask again: `rightlane advise` compares gain and cost.");
    }
}

fn computing_threads(answers: &Answers, route: &Route, mind: &mut impl FnMut(&str)) {
    if route.family_reason == FamilyReason::FreeThreaded {
        mind(
            "An extension module that is not made for it switches the GIL on again: check with \
              `sys._is_gil_enabled()` after all imports.",
        );
        mind("Nothing but your locks guards data that tasks share.");
    } else {
        mind(
            "Only the native part runs side by side; Python code between the calls does not. If \
              that is more than a small share, use processes.",
        );
    }
    if answers.cpu_code == Some(CpuCode::ReleasesGil) {
        mind(
            "A library that has threads of its own (BLAS in NumPy) already uses the cores: limit \
              one or the other.",
        );
    }
}

fn waiting_threads(answers: &Answers, route: &Route, mind: &mut impl FnMut(&str)) {
    let only_files = answers.file_io == Some(FileIo::Yes) && answers.sockets.is_none();
    if route.worker == Worker::Pool && !only_files {
        mind(
            "How many requests at once the other side bears is not known here: begin small, and \
              respect its limits.",
        );
    }
    if answers.file_io == Some(FileIo::Yes) {
        mind(
            "Files that are already in memory are only copied, which is CPU work: threads then \
              gain little. Two tasks must not write the same file.",
        );
    }
    if answers.sockets == Some(Sockets::Many) {
        mind(
            "Thousands of connections with a thread each need memory and scheduling; a pool of \
              some hundreds that takes them in turn often does.",
        );
    }
    let avoided = answers.preference == Some(Preference::AgainstAsync);
    if avoided && awaited_from_asyncio(answers) && route.worker == Worker::Own {
        mind(
            "The program has an event loop: never join() a thread in a coroutine, use \
              `await asyncio.to_thread(...)` for blocking calls.",
        );
    }
    mind(
        "Give each task its own connection or session unless its library says that threads may \
          share one.",
    );
}

fn processes(answers: &Answers, route: &Route, mind: &mut impl FnMut(&str)) {
    mind(
        "Functions, arguments and results are pickled: no lambdas, no open files or connections, \
          and what a worker changes in a global is not seen outside.",
    );
    if answers.older_than(14) {
        mind(
            "On Linux workers start by fork, which is unsafe in a program that has threads: \
              `multiprocessing.set_start_method(\"forkserver\")`, the default from 3.14, avoids it.",
        );
    } else {
        mind(
            "From Python 3.14 workers on Linux start by forkserver instead of fork: they import \
              the main module again, and inherit no globals that it changed.",
        );
    }
    if route.api == Api::Pool {
        mind(
            "A Pool waits for ever if a worker is killed (out of memory, say); \
              ProcessPoolExecutor raises BrokenProcessPool.",
        );
    }
    if route.api == Api::Process && answers.lifetime != Some(Lifetime::LongLived) {
        mind(
            "One task gets no faster in a process of its own; it only leaves the main program \
              free meanwhile. To gain time, cut it into many tasks.",
        );
    }
}

fn asyncio(answers: &Answers, route: &Route, mind: &mut impl FnMut(&str)) {
    mind(
        "One blocking call stops every coroutine: use libraries made for asyncio, and \
          `await asyncio.to_thread(...)` for what has none.",
    );
    if answers.file_io == Some(FileIo::Yes) {
        mind(
            "Files are read and written by blocking calls: put them into \
              `await asyncio.to_thread(...)`.",
        );
    }
    if route.api == Api::TaskGroup && answers.older_than(11) {
        mind("Python 3.10 has no asyncio.TaskGroup: the code uses asyncio.gather.");
    } else if route.api == Api::TaskGroup && answers.python.is_none() {
        mind("asyncio.TaskGroup needs Python 3.11; before, use asyncio.gather.");
    }
}

fn cluster(mind: &mut impl FnMut(&str)) {
    mind(
        "First see that one machine is used well: a cluster costs a network, an installation \
          and far more per task than a pool.",
    );
    mind("Functions, arguments and results cross the network: send names of data, not the data.");
}

fn tasks(answers: &Answers, route: &Route, mind: &mut impl FnMut(&str)) {
    let long_lived = answers.lifetime == Some(Lifetime::LongLived);
    let many = answers.tasks == Some(Tasks::Many);
    if long_lived && many && matches!(route.family, Family::Thread | Family::Process) {
        mind(
            "A worker each for many long-lived tasks: beyond some hundreds let one worker serve \
              several (for connections: asyncio).",
        );
    }
    if answers.state == Some(State::Yes) && route.worker == Worker::Pool {
        mind(
            "A pool's workers are shared: state that belongs to a worker is made in \
              `initializer=`, state that belongs to a task travels with it.",
        );
    }
    if long_lived && route.family == Family::Thread {
        mind("A thread can only be asked to stop: let it look at an Event, and join it.");
    }
}
