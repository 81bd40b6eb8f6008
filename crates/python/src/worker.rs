//! A worker process's side of its channel.

use crate::processes::{PLAIN_CALL, Plain, is_plain};
use pyo3::exceptions::{PyMemoryError, PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use rightlane_procs::{Arena, INLINE, Message, TICK, kind, now};
use rightlane_sync::atomic::{AtomicU64, Ordering};
use rightlane_sync::{Mutex, lock};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A worker's end of its channel. Only the worker's main thread receives.
#[pyclass(frozen, module = "rightlane._core")]
pub(crate) struct WorkerEnd {
    end: rightlane_procs::WorkerEnd,
    plain: Plain,
    /// The task that runs; 0 between two.
    running: AtomicU64,
}

/// What a worker does besides plain calls, in Python.
#[derive(FromPyObject)]
struct Other<'py> {
    /// Functions by their numbers; those not yet unpickled are bytes.
    functions: Bound<'py, PyDict>,
    /// Whatever is no plain call: `(kind, task, function, bytes)`.
    handle: Bound<'py, PyAny>,
    /// A result that is not plain: `(task, start, value)`.
    answer: Bound<'py, PyAny>,
    /// `(kind, task, start, exception)`.
    fail: Bound<'py, PyAny>,
    /// Whether to go on, asked after every task.
    goes_on: Option<Bound<'py, PyAny>>,
}

#[pymethods]
impl WorkerEnd {
    /// Takes over three descriptors that the parent handed over.
    #[new]
    fn new(py: Python<'_>, channel: RawFd, bell: RawFd, event: RawFd) -> PyResult<Self> {
        let [channel, bell, event] = [channel, bell, event].map(|descriptor| {
            // SAFETY: the caller hands over descriptors that are open and nobody else's.
            unsafe { OwnedFd::from_raw_fd(descriptor) }
        });
        let end = rightlane_procs::WorkerEnd::open(channel, bell, event)
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self {
            end,
            plain: Plain::new(py)?,
            running: AtomicU64::new(0),
        })
    }

    /// Runs plain calls and has `other` see to all else, until it says so or the parent does. Signal handlers run
    /// meanwhile.
    fn serve(&self, py: Python<'_>, other: Other<'_>) -> PyResult<()> {
        loop {
            let message = self.next(py)?;
            if message.kind == kind::STOP {
                return Ok(());
            }
            let (number, bytes) = split(&message.bytes);
            if !self.run_plain(&message, number, bytes, &other)? {
                let bytes = PyBytes::new(py, bytes);
                other
                    .handle
                    .call1((message.kind, message.task, number, bytes))?;
            }
            let was_task = message.kind & !(kind::IN_BLOCK | kind::INTACT) == kind::TASK;
            if let Some(goes_on) = other.goes_on.as_ref().filter(|_| was_task)
                && !goes_on.call0()?.is_truthy()?
            {
                return Ok(());
            }
        }
    }

    /// The task that runs; 0 between two.
    #[getter]
    fn running(&self) -> u64 {
        self.running.load(Ordering::SeqCst)
    }

    #[setter]
    fn set_running(&self, task: u64) {
        self.running.store(task, Ordering::SeqCst);
    }

    /// The task that the parent wants interrupted.
    fn unwanted(&self) -> u64 {
        self.end.unwanted()
    }

    /// Answers; waits for room.
    fn send(
        &self,
        py: Python<'_>,
        kind: u32,
        task: u64,
        head: &[u8],
        bytes: &[u8],
    ) -> PyResult<()> {
        while !self.end.send(kind, task, &[head, bytes]) {
            py.detach(|| self.end.wait_for_room(head.len() + bytes.len()));
            py.check_signals()?;
        }
        Ok(())
    }
}

impl WorkerEnd {
    /// The next record. Waits for one.
    fn next(&self, py: Python<'_>) -> PyResult<Message> {
        loop {
            match self.end.try_next() {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => py.detach(|| self.end.wait()),
                Err(broken) => return Err(PyRuntimeError::new_err(broken.to_string())),
            }
            py.check_signals()?;
        }
    }

    /// Runs a call with plain arguments of a function that is there; `false` where it is none.
    fn run_plain(
        &self,
        message: &Message,
        number: u32,
        bytes: &[u8],
        other: &Other<'_>,
    ) -> PyResult<bool> {
        let py = other.functions.py();
        let Some((&PLAIN_CALL, marshalled)) = bytes.split_first() else {
            return Ok(false);
        };
        if message.kind != kind::TASK {
            return Ok(false);
        }
        let function = other.functions.get_item(number)?;
        let Some(function) =
            function.filter(|function| !function.is_exact_instance_of::<PyBytes>())
        else {
            return Ok(false);
        };
        let start = now();
        let args = self.plain.load(py, marshalled)?.cast_into::<PyTuple>()?;
        self.set_running(message.task);
        let ended = function.call1(args);
        self.set_running(0);
        match ended {
            Ok(value) => {
                if !(is_plain(&value) && self.answer_plain(message.task, start, &value)?) {
                    other.answer.call1((message.task, start, value))?;
                }
            }
            Err(error) => {
                let value = error.into_value(py);
                other
                    .fail
                    .call1((kind::ERROR, message.task, start, value))?;
            }
        }
        Ok(true)
    }

    /// Sends a plain result; `false` where it is too long.
    fn answer_plain(&self, task: u64, start: u64, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        let dumped = self.plain.dump(value)?;
        if dumped.as_bytes().len() > INLINE {
            return Ok(false);
        }
        let ticks = (now().saturating_sub(start) / TICK).min(u64::from(u32::MAX)) as u32;
        let head = ticks.to_le_bytes();
        self.send(
            value.py(),
            kind::RESULT | kind::PLAIN,
            task,
            &head,
            dumped.as_bytes(),
        )?;
        Ok(true)
    }
}

/// The function's number at the start of a record, and what follows.
fn split(bytes: &[u8]) -> (u32, &[u8]) {
    match bytes.split_first_chunk() {
        Some((number, rest)) => (u32::from_le_bytes(*number), rest),
        None => (0, &[]),
    }
}

/// The arena that a worker allocates from.
#[pyclass(frozen, module = "rightlane._core")]
pub(crate) struct Blocks {
    arena: Mutex<Arena>,
}

#[pymethods]
impl Blocks {
    /// Takes over a descriptor that the parent handed over.
    #[new]
    fn new(descriptor: RawFd, length: u64) -> Self {
        // SAFETY: the caller hands over a descriptor that is open and nobody else's.
        let file = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Self {
            arena: Mutex::new(Arena::of(file, length)),
        }
    }

    /// The descriptor; it stays the arena's.
    #[getter]
    fn descriptor(&self) -> RawFd {
        lock(&self.arena).file().as_raw_fd()
    }

    /// A block: its offset.
    fn allocate(&self, length: u64) -> PyResult<u64> {
        let allocated = lock(&self.arena).allocate(length);
        let block = allocated.map_err(|error| {
            PyMemoryError::new_err(format!("no memory is left for a result: {error}"))
        })?;
        Ok(block.offset)
    }

    /// Gives a block back.
    fn free(&self, offset: u64) {
        lock(&self.arena).free(offset);
    }
}

/// Ends this process, whatever it is doing, when the process of a pidfd has ended. Takes over the descriptor.
///
/// A thread of its own, which no Python code can hold up. `PR_SET_PDEATHSIG` would be about the thread that
/// forked, and says nothing where that ended before the call (prctl(2)).
#[pyfunction]
pub(crate) fn die_with(process: RawFd) {
    // SAFETY: the caller hands over a descriptor that is open and nobody else's.
    let process = unsafe { OwnedFd::from_raw_fd(process) };
    std::thread::spawn(move || rightlane_procs::die_with(process));
}

/// Kills this process when it has come to a point of the protocol for the `count`-th time from now, for tests.
#[cfg(feature = "kill-points")]
#[pyfunction]
pub(crate) fn kill_at(point: u64, count: u64) {
    rightlane_procs::kill_at(point, count);
}
