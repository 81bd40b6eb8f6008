//! A thread is started and never joined.
//!
//! ## What it sees
//! A thread that is no daemon, started in a function, whose handle is thrown away
//! (`Thread(…).start()`) or kept in a local name on which nothing calls `join`. Not one that is returned,
//! passed on or kept in an object, nor one at module level, which the end of the script waits for.
//!
//! ## Why it matters
//! The function returns and nobody knows when, or whether, the work was done. An exception in the
//! thread is printed and forgotten, and the program cannot end before the thread does: at exit the
//! interpreter waits for every thread that is no daemon, however long that takes.
//!
//! ## Example
//! ```py
//! from threading import Thread
//!
//! def save_in_background(save, document):
//!     Thread(target=save, args=(document,)).start()
//! ```
//!
//! ## Write instead
//! ```py
//! from threading import Thread
//!
//! def save_beside(save, document, other_work):
//!     thread = Thread(target=save, args=(document,))
//!     thread.start()
//!     other_work()
//!     thread.join()
//! ```
//!
//! ## When it is wrong
//! If the thread is meant to outlive its function, and tells of its errors itself.

use crate::check::found::Found;
use crate::check::model::Model;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in model.never_waited_for("threading.Thread", &["join"]) {
        found
            .report(call, "this thread is never joined: nobody learns when it is done or that it failed")
            .help("keep the thread and `join()` it, or give the work to an executor and ask for the result");
    }
}
