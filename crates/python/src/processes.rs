//! A process pool's hub, in the parent.

use crate::futures;
use pyo3::exceptions::{PyException, PyKeyboardInterrupt, PyMemoryError, PyOSError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use rightlane_pool::{TaskId, WorkerId};
use rightlane_procs::{Done, INLINE, Intake, Payload, kind};
use rightlane_sync::atomic::{AtomicU64, Ordering};
use rightlane_sync::{Mutex, lock};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::time::Duration;

/// The parent's side of a process pool's workers.
#[pyclass(frozen, weakref, module = "rightlane._core")]
pub(crate) struct Hub {
    hub: rightlane_procs::Hub<Py<PyAny>>,
    /// The class of the futures.
    future: Py<PyAny>,
    /// `pickle.loads`.
    loads: Py<PyAny>,
    plain: Plain,
    /// Functions that workers know under a number, by their addresses; they are kept alive, so that no other object
    /// gets the address.
    numbers: Mutex<BTreeMap<usize, (Py<PyAny>, u32)>>,
    /// How many threads are between taking records and ending their futures.
    taking: AtomicU64,
    /// What decodes whatever is not a plain result: `(worker, kind, bytes) -> (ok, value)`.
    decode: Py<PyAny>,
    /// What ends a task that a worker runs: `task -> bool`.
    terminate: Py<PyAny>,
}

/// How calls and results are written that consist of plain values: by `marshal`, which both sides have alike, for they
/// are one interpreter.
pub(crate) struct Plain {
    dumps: Py<PyAny>,
    loads: Py<PyAny>,
}

/// How long who waits for memory neither takes results nor hears of signals.
const PATIENCE: Duration = Duration::from_millis(5);

/// The version of the format that does not look for objects that occur twice.
const PLAIN_VERSION: u8 = 2;
/// At the start of a task's bytes: arguments by `marshal`, without any by name.
pub(crate) const PLAIN_CALL: u8 = 2;

impl Plain {
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        let marshal = py.import("marshal")?;
        Ok(Self {
            dumps: marshal.getattr("dumps")?.unbind(),
            loads: marshal.getattr("loads")?.unbind(),
        })
    }

    /// The bytes of a value that [is plain](is_plain), or a tuple of such.
    pub(crate) fn dump<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let dumped = self.dumps.bind(value.py()).call1((value, PLAIN_VERSION))?;
        Ok(dumped.cast_into::<PyBytes>()?)
    }

    pub(crate) fn load<'py>(&self, py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        self.loads.bind(py).call1((PyBytes::new(py, bytes),))
    }
}

/// Priority, retries, timeout in seconds.
type Limits = (i32, u32, Option<f64>);

fn os_error(error: io::Error) -> PyErr {
    if error.kind() == io::ErrorKind::OutOfMemory {
        return PyMemoryError::new_err("no memory is left to send this to a worker");
    }
    PyOSError::new_err(error.to_string())
}

#[pymethods]
impl Hub {
    #[new]
    fn new(
        py: Python<'_>,
        future: Py<PyAny>,
        loads: Py<PyAny>,
        decode: Py<PyAny>,
        terminate: Py<PyAny>,
    ) -> PyResult<Self> {
        Ok(Self {
            hub: rightlane_procs::Hub::new().map_err(os_error)?,
            future,
            loads,
            plain: Plain::new(py)?,
            numbers: Mutex::default(),
            taking: AtomicU64::new(0),
            decode,
            terminate,
        })
    }

    /// Descriptors of the bell's memory and of the eventfd; they stay the hub's.
    fn descriptors(&self) -> (RawFd, RawFd) {
        let [bell, event] = self.hub.descriptors();
        (bell.as_raw_fd(), event.as_raw_fd())
    }

    /// A new descriptor of the arena of arguments.
    fn arena(&self) -> PyResult<RawFd> {
        Ok(self.hub.arena().map_err(os_error)?.into_raw_fd())
    }

    /// `(worker, channel, arena)`: a new worker's number and two new descriptors for it.
    fn hire(&self) -> PyResult<(usize, RawFd, RawFd)> {
        let hired = self.hub.hire().map_err(os_error)?;
        Ok((
            hired.worker.0,
            hired.channel.into_raw_fd(),
            hired.arena.into_raw_fd(),
        ))
    }

    /// Makes a function known, which workers get as these bytes; its number.
    fn define(&self, function: Py<PyAny>, bytes: &[u8]) -> u32 {
        let number = self.hub.define(bytes);
        lock(&self.numbers).insert(function.as_ptr() as usize, (function, number));
        number
    }

    /// The number of a function that was made known.
    fn number(&self, function: &Bound<'_, PyAny>) -> Option<u32> {
        let numbers = lock(&self.numbers);
        numbers
            .get(&(function.as_ptr() as usize))
            .map(|(_, number)| *number)
    }

    /// All workers are there: calls of known functions need nobody else's attention, until one is gone.
    fn open(&self) {
        self.hub.take_in(Intake::Open);
    }

    /// A worker is gone.
    fn is_short(&self) {
        self.hub.take_in(Intake::Staffing);
    }

    /// Only tasks of loops that were begun are taken from now on.
    fn close(&self) {
        self.hub.take_in(Intake::Closed);
    }

    /// No task is taken any more.
    fn over(&self) {
        self.hub.take_in(Intake::Over);
    }

    /// No task is taken any more, in a forked child.
    fn forsake(&self) {
        self.hub.forsake();
    }

    /// A block of the arena of arguments: its offset. Waits while more than `most` bytes would be in use, or memory
    /// is short; signal handlers run meanwhile.
    fn allocate(&self, py: Python<'_>, length: u64, most: u64) -> PyResult<u64> {
        loop {
            let found = py.detach(|| self.hub.allocate(length, most, PATIENCE));
            if let Some(offset) = found.map_err(os_error)? {
                return Ok(offset);
            }
            // Whoever takes results may be who waits here, in a future's callback.
            self.take_now(py)?;
            py.check_signals()?;
        }
    }

    /// Gives back a block that no task has.
    fn free(&self, offset: u64) {
        self.hub.free(offset);
    }

    /// Gives back a block of a worker's arena.
    fn free_result(&self, worker: usize, offset: u64) {
        self.hub.free_result(WorkerId(worker), offset);
    }

    /// A call of a known function with plain arguments, where nothing else is to be seen to: its future. None
    /// otherwise: nothing was done then.
    fn submit_known<'py>(
        slf: &Bound<'py, Self>,
        function: &Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let this = slf.get();
        match this.number(function).filter(|_| this.hub.is_open()) {
            Some(number) => Self::submit_plain(slf, number, args, None, false),
            None => Ok(None),
        }
    }

    /// A call whose arguments are plain and short: its future. None if they are not, or no task is taken any more:
    /// nothing was done then.
    fn submit_plain<'py>(
        slf: &Bound<'py, Self>,
        function: u32,
        args: &Bound<'py, PyTuple>,
        limits: Option<Limits>,
        fed: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if !args.iter().all(|arg| is_plain(&arg)) {
            return Ok(None);
        }
        let dumped = slf.get().plain.dump(args.as_any())?;
        let dumped = dumped.as_bytes();
        if dumped.len() >= INLINE {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(dumped.len() + 1);
        bytes.push(PLAIN_CALL);
        bytes.extend_from_slice(dumped);
        let payload = payload(function, bytes, None, limits);
        Self::submit(slf, payload, fed)
    }

    /// A call whose arguments were encoded: its future. None where no task is taken any more.
    fn submit_bytes<'py>(
        slf: &Bound<'py, Self>,
        function: u32,
        bytes: &[u8],
        block: Option<u64>,
        limits: Option<Limits>,
        fed: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let payload = payload(function, bytes.to_vec(), block, limits);
        Self::submit(slf, payload, fed)
    }

    /// Takes a task back that no worker has begun.
    fn cancel(&self, task: u64) -> bool {
        self.hub.cancel(TaskId(task)).is_some()
    }

    /// Whether a worker has begun a task.
    fn is_begun(&self, task: u64) -> bool {
        self.hub.is_begun(TaskId(task))
    }

    /// The worker that has a task.
    fn worker_of(&self, task: u64) -> Option<usize> {
        self.hub.worker_of(TaskId(task)).map(|worker| worker.0)
    }

    /// Takes what the workers sent and ends its futures. The workers whose memory cannot be trusted any more.
    fn take(&self, py: Python<'_>) -> PyResult<Vec<usize>> {
        let taken = self.take_now(py);
        // The caller may have looked while its result was here, on the way to its future.
        self.hub.rouse_caller();
        taken
    }

    /// Waits until a future has ended, taking results itself; False after the timeout (in seconds), None where
    /// another thread does so already.
    fn wait_for(&self, future: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<Option<bool>> {
        if !self.hub.become_caller() {
            return Ok(None);
        }
        let look = || {
            let seen = self.hub.roused();
            self.take_now(future.py()).map(|_| seen)
        };
        let sleep = |seen, left| self.hub.caller_waits(seen, left);
        let ended = futures::wait(future, timeout, look, sleep);
        self.hub.end_caller();
        ended.map(Some)
    }

    /// A worker is gone: the futures that it had begun, whether it had started, and whether it had said that it cannot.
    fn died(&self, worker: usize) -> (Vec<Py<PyAny>>, bool, bool) {
        let lost = self.hub.died(WorkerId(worker));
        (lost.begun, lost.had_started, lost.was_unusable)
    }

    /// Ends a task even if a worker runs it.
    fn terminate<'py>(&self, py: Python<'py>, task: u64) -> PyResult<Bound<'py, PyAny>> {
        self.terminate.bind(py).call1((task,))
    }

    /// Hands out a task's future, whether or not a worker has begun it; what that one answers is dropped.
    fn abandon(&self, task: u64) -> Option<Py<PyAny>> {
        self.hub.abandon(TaskId(task))
    }

    /// Says which task a worker is to be interrupted in; the caller sends the signal.
    fn unwant(&self, worker: usize, task: u64) {
        self.hub.unwant(WorkerId(worker), TaskId(task));
    }

    /// The tasks whose time is over, and the seconds until there may be others.
    fn overdue(&self) -> (Vec<u64>, Option<f64>) {
        let (tasks, next) = self.hub.overdue();
        (
            tasks.into_iter().map(|task| task.0).collect(),
            next.map(|next| next.as_secs_f64()),
        )
    }

    /// `(worker, started, tasks, busy seconds)` of each.
    fn stats(&self) -> Vec<(usize, bool, u64, f64)> {
        let all = self.hub.stats().into_iter();
        all.map(|one| (one.worker.0, one.started, one.tasks, one.busy))
            .collect()
    }

    /// Tells a worker to end when it has done what it has.
    fn stop(&self, worker: usize) {
        self.hub.stop(WorkerId(worker));
    }

    /// Takes out what no worker has begun: the futures.
    fn cancel_waiting(&self) -> Vec<Py<PyAny>> {
        self.hub.cancel_waiting()
    }

    /// Takes out all tasks: the futures.
    fn clear(&self) -> Vec<Py<PyAny>> {
        self.hub.clear()
    }

    /// Whether another thread may still look at results of a worker that is dead by now.
    fn is_taking(&self) -> bool {
        self.taking.load(Ordering::SeqCst) > 0
    }

    /// Tasks that have not ended.
    fn unfinished(&self) -> usize {
        self.hub.unfinished()
    }

    /// Seconds until a look whether a worker is late, where tasks wait behind another that a second one could do.
    fn next_look(&self) -> Option<f64> {
        self.hub.next_look().map(|after| after.as_secs_f64())
    }

    /// Wakes whoever waits for results.
    fn rouse(&self) {
        self.hub.rouse();
    }

    /// The service is about to sleep on the eventfd; False where there is something to take.
    fn service_sleeps(&self) -> bool {
        self.hub.service_sleeps()
    }
}

impl Hub {
    /// Takes what the workers sent and ends its futures.
    fn take_now(&self, py: Python<'_>) -> PyResult<Vec<usize>> {
        self.taking.fetch_add(1, Ordering::SeqCst);
        let taken = self.take_and_end(py);
        self.taking.fetch_sub(1, Ordering::SeqCst);
        taken
    }

    fn take_and_end(&self, py: Python<'_>) -> PyResult<Vec<usize>> {
        let (mut bytes, mut broken) = (Vec::new(), Vec::new());
        let all = self.hub.take(&mut bytes, &mut broken);
        let mut interrupt = None;
        for done in all {
            // Whatever is wrong with one of them, the others are not lost.
            if let Err(error) = self.end(py, &done, &bytes[done.bytes.clone()]) {
                if let Some(future) = &done.ticket {
                    let _ = futures::fail(future.bind(py), error.value(py).as_any());
                }
                if !error.is_instance_of::<PyException>(py) {
                    interrupt = Some(error);
                }
            }
        }
        match interrupt {
            Some(error) => Err(error),
            None => Ok(broken.into_iter().map(|worker| worker.0).collect()),
        }
    }

    fn submit<'py>(
        slf: &Bound<'py, Self>,
        payload: Payload,
        fed: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let future = futures::pending(slf.get().future.bind(py))?;
        let Some(id) = slf.get().hub.submit(future.clone().unbind(), payload, fed) else {
            return Ok(None);
        };
        future.setattr(intern!(py, "_task"), id.0)?;
        future.setattr(intern!(py, "_hub"), slf)?;
        Ok(Some(future))
    }

    /// Ends the future of a task that a worker answered.
    fn end(&self, py: Python<'_>, done: &Done<Py<PyAny>>, bytes: &[u8]) -> PyResult<()> {
        let Some(future) = &done.ticket else {
            if done.kind == kind::UNUSABLE {
                self.decode
                    .bind(py)
                    .call1((done.worker.0, done.kind, PyBytes::new(py, bytes)))?;
            }
            return Ok(());
        };
        let future = future.bind(py);
        if done.kind == kind::RESULT | kind::PLAIN
            && let Some(marshalled) = bytes.get(4..)
        {
            let value = self.plain.load(py, marshalled)?;
            return futures::complete(future, &value);
        }
        let mut interrupt = None;
        if done.kind == kind::RESULT
            && let Some(pickled) = bytes.get(4..)
        {
            match self.loads.bind(py).call1((PyBytes::new(py, pickled),)) {
                Ok(value) => return futures::complete(future, &value),
                // Ctrl-C in the middle of it: the result is made once more, and is not lost.
                Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) => {
                    interrupt = Some(error);
                }
                Err(_) => {}
            }
        }
        let decoded =
            self.decode
                .bind(py)
                .call1((done.worker.0, done.kind, PyBytes::new(py, bytes)))?;
        let (ok, value): (bool, Bound<'_, PyAny>) = decoded.extract()?;
        if ok {
            futures::complete(future, &value)?;
        } else {
            futures::fail(future, &value)?;
        }
        interrupt.map_or(Ok(()), Err)
    }
}

fn payload(function: u32, bytes: Vec<u8>, block: Option<u64>, limits: Option<Limits>) -> Payload {
    let (priority, retries, timeout) = limits.unwrap_or_default();
    Payload {
        function,
        bytes,
        block,
        priority,
        retries,
        timeout: timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    }
}

/// Whether something is written without code of its own, and is short unless it is a string.
pub(crate) fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    use pyo3::types::{PyBool, PyFloat, PyInt, PyString};
    value.is_none()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyBool>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyBytes>()
}
