//! A worker process's side of its channel.

use pyo3::exceptions::{PyMemoryError, PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rightlane_procs::Arena;
use rightlane_sync::{Mutex, lock};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A worker's end of its channel. Only the worker's main thread receives.
#[pyclass(frozen, module = "rightlane._core")]
pub(crate) struct WorkerEnd {
    end: rightlane_procs::WorkerEnd,
}

#[pymethods]
impl WorkerEnd {
    /// Takes over three descriptors that the parent handed over.
    #[new]
    fn new(channel: RawFd, bell: RawFd, event: RawFd) -> PyResult<Self> {
        let [channel, bell, event] = [channel, bell, event].map(|descriptor| {
            // SAFETY: the caller hands over descriptors that are open and nobody else's.
            unsafe { OwnedFd::from_raw_fd(descriptor) }
        });
        let end = rightlane_procs::WorkerEnd::open(channel, bell, event)
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self { end })
    }

    /// The next record: `(kind, task, function, bytes)`. Waits for one; signal handlers run meanwhile.
    fn next<'py>(&self, py: Python<'py>) -> PyResult<(u32, u64, u32, Bound<'py, PyBytes>)> {
        loop {
            match self.end.try_next() {
                Ok(Some(message)) => {
                    let (number, rest) = split(&message.bytes);
                    return Ok((message.kind, message.task, number, PyBytes::new(py, rest)));
                }
                Ok(None) => py.detach(|| self.end.wait()),
                Err(broken) => return Err(PyRuntimeError::new_err(broken.to_string())),
            }
            py.check_signals()?;
        }
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
