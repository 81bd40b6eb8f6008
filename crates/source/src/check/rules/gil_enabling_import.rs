//! A program with threads imports a package that turns the GIL back on in free-threaded builds.
//!
//! ## What it sees
//! The import of a package with an extension that does not declare that it works without the GIL, in a
//! file that starts threads. Imports for type checkers are left alone.
//!
//! ## Why it matters
//! A free-threaded build of Python runs threads in parallel until such an extension is imported: then
//! the GIL is switched on for the whole process, with no more than a warning, and threads that compute
//! take turns again (documentation, "Python support for free threading"). In ordinary builds nothing
//! changes.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! import psycopg2
//!
//! def connect_all(names):
//!     with ThreadPoolExecutor() as pool:
//!         return list(pool.map(psycopg2.connect, names))
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//!
//! import psycopg
//!
//! def connect_all(names):
//!     with ThreadPoolExecutor() as pool:
//!         return list(pool.map(psycopg.connect, names))
//! ```
//!
//! ## When it is wrong
//! If the program is not meant for free-threaded builds, or a newer version of the package declares
//! its support: `sys._is_gil_enabled()` after the import tells.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::pools::{Made, Workers};
use crate::knowledge::functions::module;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    if !model.calls.iter().any(|call| starts_threads(model, call)) {
        return;
    }
    let mut told = Vec::new();
    for import in model.imported_modules() {
        let row = module(&import.module).filter(|row| row.free_threaded == "no");
        let Some(package) = row
            .map(|row| row.name.as_str())
            .filter(|name| !told.contains(name))
        else {
            continue;
        };
        told.push(package);
        found
            .report(
                model.tree.node(import.node),
                format!(
                    "`{package}` turns the GIL back on in a free-threaded build: threads take turns"
                ),
            )
            .help("another package, a version that declares its support, or processes");
    }
}

fn starts_threads<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    match model.makes(call) {
        Some(Made::Thread) => true,
        Some(Made::Pool(of)) => of.workers == Workers::Threads,
        _ => model.calls_any(call, &["asyncio.to_thread"]),
    }
}
