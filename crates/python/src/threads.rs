//! The queue of a thread pool, and what its threads do.

use crate::futures;
use crate::interrupt::raise_in;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rightlane_pool::{Next, Shared};
use rightlane_shm::{look, sleep, wake};
use rightlane_sync::atomic::{AtomicBool, AtomicU32, Ordering};
use rightlane_sync::{Condvar, Mutex, lock};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A task of a thread pool.
struct Task {
    future: Py<PyAny>,
    function: Py<PyAny>,
    args: Py<PyTuple>,
    kwargs: Option<Py<PyDict>>,
    /// How long it may take.
    timeout: Option<Duration>,
}

/// A task that a thread runs.
struct Running {
    future: Py<PyAny>,
    /// When its time is over.
    due: Option<Instant>,
    /// An exception was raised in the thread, which may not have come up yet.
    interrupted: bool,
}

/// The tasks of a thread pool.
#[pyclass(frozen, weakref, module = "rightlane._core")]
pub(crate) struct Tasks {
    shared: Shared<Task>,
    /// The class of the futures.
    future: Py<PyAny>,
    /// Starts another thread, if there may be one.
    hire: Py<PyAny>,
    caller: Caller,
    /// A thread looks for a task before it sleeps.
    looking: AtomicBool,
    /// What the threads run, by their numbers (`threading.get_ident`).
    running: Mutex<BTreeMap<u64, Running>>,
    /// A task that has a timeout was begun, or the queue was closed.
    begun: Condvar,
    closed: AtomicBool,
}

/// The thread that waits for a result: at most one at a time does so here, without a lock of the future's own.
///
/// A thread that has the GIL and one that wants it cost each other a sleep and a wake. So threads tell the caller
/// of a result when they have let the GIL go, and take a task up when the caller has, or after a moment.
#[derive(Default)]
struct Caller {
    is_there: AtomicBool,
    /// Whether it has let the GIL go.
    waits: AtomicBool,
    /// Counts what happened that the caller may wait for; the word that it sleeps on.
    events: AtomicU32,
    asleep: AtomicBool,
}

impl Caller {
    /// Something happened.
    fn tell(&self) {
        self.events.fetch_add(1, Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) {
            wake(&self.events);
        }
    }

    /// Waits until something has happened since `seen`, a signal came or the time is over.
    fn wait(&self, seen: u32, timeout: Option<Duration>) {
        self.waits.store(true, Ordering::SeqCst);
        if !look(|| self.events.load(Ordering::SeqCst) != seen) {
            self.asleep.store(true, Ordering::SeqCst);
            sleep(&self.events, seen, timeout);
            self.asleep.store(false, Ordering::SeqCst);
        }
        self.waits.store(false, Ordering::SeqCst);
    }
}

#[pymethods]
impl Tasks {
    /// `future`: the class of the futures. `hire`: starts another thread.
    #[new]
    fn new(future: Py<PyAny>, hire: Py<PyAny>) -> Self {
        Self {
            shared: Shared::default(),
            future,
            hire,
            caller: Caller::default(),
            looking: AtomicBool::new(false),
            running: Mutex::default(),
            begun: Condvar::new(),
            closed: AtomicBool::new(false),
        }
    }

    /// A new task: its future. None once closed. `limits`: its priority, and the seconds that it may take.
    #[pyo3(signature = (function, args, kwargs, limits=None))]
    fn submit<'py>(
        slf: &Bound<'py, Self>,
        function: Py<PyAny>,
        args: Py<PyTuple>,
        kwargs: Option<Py<PyDict>>,
        limits: Option<(i32, Option<f64>)>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (priority, timeout) = limits.unwrap_or_default();
        let (py, this) = (slf.py(), slf.get());
        let future = futures::pending(this.future.bind(py))?;
        future.setattr(intern!(py, "_tasks"), slf)?;
        let task = Task {
            future: future.clone().unbind(),
            function,
            args,
            kwargs,
            timeout: timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        };
        match this.shared.push(priority, task) {
            Ok(short) => {
                if short {
                    this.hire.bind(py).call0()?;
                }
                Ok(Some(future))
            }
            Err(_) => Ok(None),
        }
    }

    /// Runs tasks in the calling thread, whose number is `ident`, until the queue is closed and empty.
    fn work(&self, py: Python<'_>, ident: u64) -> PyResult<()> {
        loop {
            let next = match self.shared.next_or_rest() {
                Some(next) => {
                    self.caller.tell();
                    next
                }
                None => py.detach(|| self.rest()),
            };
            match next {
                Next::Task(task) => self.run(py, ident, task)?,
                Next::Closed => return Ok(()),
            }
        }
    }

    /// Waits until a future has ended; False after the timeout (in seconds), None where another thread waits already.
    fn wait_for(&self, future: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<Option<bool>> {
        if self.caller.is_there.swap(true, Ordering::SeqCst) {
            return Ok(None);
        }
        let look = || Ok(self.caller.events.load(Ordering::SeqCst));
        let sleep = |seen, left| self.caller.wait(seen, left);
        let ended = futures::wait(future, timeout, look, sleep);
        self.caller.is_there.store(false, Ordering::SeqCst);
        ended.map(Some)
    }

    /// Has the caller look again: what it waits for came about without a thread's doing.
    fn rouse(&self) {
        self.caller.tell();
    }

    /// Raises an exception of this class in the thread that runs a future's task; whether one runs it.
    fn interrupt(&self, future: &Bound<'_, PyAny>, exception: &Bound<'_, PyAny>) -> bool {
        let mut running = lock(&self.running);
        let found = running.iter_mut().find(|(_, task)| task.future.is(future));
        let Some((ident, task)) = found else {
            return false;
        };
        task.interrupted = true;
        raise_in(*ident, Some(exception));
        true
    }

    /// Waits for a task whose time is over: its future. None when the queue is closed and nothing with a timeout runs.
    fn overdue(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        loop {
            let ident = py.detach(|| self.wait_for_overdue())?;
            let mut running = lock(&self.running);
            // Meanwhile it may have ended, and the thread be at another one.
            let task = running.get_mut(&ident);
            let task = task.filter(|task| task.due.is_some_and(|due| due <= Instant::now()));
            if let Some(task) = task {
                task.due = None;
                return Some(task.future.clone_ref(py));
            }
        }
    }

    /// No task is accepted any more.
    fn close(&self) {
        self.shared.close();
        let _running = lock(&self.running);
        self.closed.store(true, Ordering::SeqCst);
        self.begun.notify_all();
    }

    /// Takes out what waits: the futures.
    fn take_all(&self) -> Vec<Py<PyAny>> {
        self.shared
            .take_all()
            .into_iter()
            .map(|task| task.future)
            .collect()
    }
}

impl Tasks {
    /// Waits for the next task, without the GIL.
    fn rest(&self) -> Next<Task> {
        self.caller.tell();
        // One thread at a time: more would only take the cores from whoever is to bring something.
        if !self.looking.swap(true, Ordering::SeqCst) {
            if look(|| !self.shared.is_empty()) {
                look(|| self.caller.waits.load(Ordering::SeqCst));
            }
            self.looking.store(false, Ordering::SeqCst);
        }
        self.shared.sleep()
    }

    /// Runs a task; whatever it raises is its future's.
    fn run(&self, py: Python<'_>, ident: u64, task: Task) -> PyResult<()> {
        let future = task.future.bind(py);
        if !futures::begin(future)? {
            return Ok(());
        }
        self.begins(py, ident, &task);
        let kwargs = task.kwargs.as_ref().map(|kwargs| kwargs.bind(py));
        let ended = task.function.bind(py).call(task.args.bind(py), kwargs);
        self.ends(ident);
        match ended {
            Ok(result) => futures::complete(future, &result),
            Err(error) => futures::fail(future, error.into_value(py).bind(py)),
        }
    }

    fn begins(&self, py: Python<'_>, ident: u64, task: &Task) {
        let due = task
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout));
        let running = Running {
            future: task.future.clone_ref(py),
            due,
            interrupted: false,
        };
        lock(&self.running).insert(ident, running);
        if due.is_some() {
            self.begun.notify_all();
        }
    }

    /// The task is over: an exception that was for it and has not come up is not for the next one. Between the call's
    /// end and this no Python code has run, so that it cannot come up in between.
    fn ends(&self, ident: u64) {
        let mut running = lock(&self.running);
        let task = running.remove(&ident);
        if task.is_some_and(|task| task.interrupted) {
            raise_in(ident, None);
        }
    }

    /// The thread whose task's time is over.
    fn wait_for_overdue(&self) -> Option<u64> {
        let mut running = lock(&self.running);
        loop {
            let due = running
                .iter()
                .filter_map(|(ident, task)| Some((task.due?, *ident)));
            let next = due.min();
            let now = Instant::now();
            let waited = match next {
                Some((due, ident)) if due <= now => return Some(ident),
                Some((due, _)) => self
                    .begun
                    .wait_timeout(running, due - now)
                    .map(|woken| woken.0)
                    .ok()?,
                None if self.closed.load(Ordering::SeqCst) => return None,
                None => self.begun.wait(running).ok()?,
            };
            running = waited;
        }
    }
}
