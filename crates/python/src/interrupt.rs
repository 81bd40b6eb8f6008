//! Exceptions that one thread raises in another.

use pyo3::ffi::PyThreadState_SetAsyncExc;
use pyo3::prelude::*;
use std::ptr::null_mut;

/// Raises an exception of this class in a thread (`threading.get_ident`), when it next runs Python code: what it
/// waits for in C code goes on until then. With none, takes back what has not come up.
///
/// See `PyThreadState_SetAsyncExc` in Python's C API.
pub(crate) fn raise_in(thread: u64, exception: Option<&Bound<'_, PyAny>>) {
    let class = exception.map_or(null_mut(), |class| class.as_ptr());
    // SAFETY: the caller holds the GIL, for it has a `Bound` or is a method that Python called; the class is alive,
    // and the thread's state gets a reference of its own.
    unsafe {
        PyThreadState_SetAsyncExc(thread as _, class);
    }
}
