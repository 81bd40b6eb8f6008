//! The queue of a thread pool, and what its threads do.

use crate::futures;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rightlane_pool::{Next, Shared};

/// A task of a thread pool.
struct Task {
    future: Py<PyAny>,
    function: Py<PyAny>,
    args: Py<PyTuple>,
    kwargs: Option<Py<PyDict>>,
}

/// The tasks of a thread pool.
#[pyclass(frozen, module = "rightlane._core")]
pub(crate) struct Tasks {
    shared: Shared<Task>,
    future: Py<PyAny>,
}

#[pymethods]
impl Tasks {
    /// `future`: the class of the futures.
    #[new]
    fn new(future: Py<PyAny>) -> Self {
        Self {
            shared: Shared::default(),
            future,
        }
    }

    /// A new task: its future, and whether another thread would be of use. None once closed.
    fn submit<'py>(
        &self,
        py: Python<'py>,
        function: Py<PyAny>,
        args: Py<PyTuple>,
        kwargs: Option<Py<PyDict>>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, bool)>> {
        let future = futures::pending(self.future.bind(py))?;
        let task = Task {
            future: future.clone().unbind(),
            function,
            args,
            kwargs,
        };
        Ok(self.shared.push(0, task).ok().map(|short| (future, short)))
    }

    /// Runs tasks in the calling thread until the queue is closed and empty.
    fn work(&self, py: Python<'_>) -> PyResult<()> {
        loop {
            let task = match self.shared.try_next() {
                Some(task) => task,
                None => match py.detach(|| self.shared.next()) {
                    Next::Task(task) => task,
                    Next::Closed => return Ok(()),
                },
            };
            run(py, task)?;
        }
    }

    /// No task is accepted any more.
    fn close(&self) {
        self.shared.close();
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

/// Runs a task; whatever it raises is its future's.
fn run(py: Python<'_>, task: Task) -> PyResult<()> {
    let future = task.future.bind(py);
    if !futures::begin(future)? {
        return Ok(());
    }
    let kwargs = task.kwargs.as_ref().map(|kwargs| kwargs.bind(py));
    let ended = task.function.bind(py).call(task.args.bind(py), kwargs);
    match ended {
        Ok(result) => futures::complete(future, &result),
        Err(error) => futures::fail(future, error.into_value(py).bind(py)),
    }
}
