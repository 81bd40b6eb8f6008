//! Each worker process calls linear algebra that starts a thread for each core by itself.
//!
//! ## What it sees
//! A pool of processes, or joblib with `backend="multiprocessing"`, whose task calls `numpy.linalg`,
//! `scipy.linalg`, `numpy.dot` or the operator `@`, itself or by functions of the project that it calls, in
//! a file that nowhere limits the threads of BLAS.
//!
//! ## Why it matters
//! OpenBLAS and MKL start as many threads as there are cores, in each process: 8 workers on 8 cores
//! make 64 threads that push each other off the cores and out of the caches. joblib's own backend
//! sets a limit for this reason; `multiprocessing` and executors do not (joblib issue 834).
//!
//! ## Example
//! ```py
//! from multiprocessing import Pool
//! import numpy as np
//!
//! def scales(table):
//!     return np.linalg.svd(table, compute_uv=False)
//!
//! def all_scales(tables):
//!     with Pool() as pool:
//!         return pool.map(scales, tables)
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing import Pool
//! from threadpoolctl import threadpool_limits
//! import numpy as np
//!
//! def scales(table):
//!     return np.linalg.svd(table, compute_uv=False)
//!
//! def all_scales(tables):
//!     with Pool(initializer=threadpool_limits, initargs=(1,)) as pool:
//!         return pool.map(scales, tables)
//! ```
//!
//! ## When it is wrong
//! If the environment limits the threads from outside, or all matrices are so small that BLAS keeps
//! to one thread.

use crate::check::found::{Found, Quality};
use crate::check::model::{Call, Model};
use crate::check::pools::Workers;
use crate::check::tasks::{How, Task};
use crate::check::tree::NodeId;
use crate::check::work::Work;
use ruff_python_ast::Expr;

/// Texts that show that somebody thought of it.
const LIMITS: &[&str] = &[
    "_NUM_THREADS",
    "threadpool",
    "set_num_threads",
    "VECLIB_MAXIMUM_THREADS",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    let mut pools: Vec<NodeId> = Vec::new();
    for submission in model.submissions() {
        if submission.workers != Workers::Processes || submission.how == How::Initializer {
            continue;
        }
        let Some(pool) = model.pool_made(&submission) else {
            continue;
        };
        if pools.contains(&pool.node) || model.has_one_worker(&submission) {
            continue;
        }
        if report(model, pool, submission.task, found) {
            pools.push(pool.node);
        }
    }
    for call in &model.calls {
        if let Some((parallel, task)) = by_joblib(model, call) {
            report(model, parallel, task, found);
        }
    }
}

fn report<'a>(model: &Model<'a>, pool: &Call<'a>, task: Task<'_, 'a>, found: &mut Found) -> bool {
    let work = model.work_of_task(task);
    let elsewhere = match task {
        Task::Named(callable) if work == Work::OUTSIDE => model.name_of(callable),
        _ => None,
    };
    if !work.has(Work::ALGEBRA) && elsewhere.is_none() {
        return false;
    }
    let text = model.text.as_str();
    if LIMITS.iter().any(|limit| text.contains(limit)) {
        return false;
    }
    let draft = found.report(
        pool,
        "each worker's linear algebra starts a thread for each core: they push each other off the cores",
    );
    draft.help("limit them to one: `initializer=threadpoolctl.threadpool_limits, initargs=(1,)`");
    if let Some(name) = elsewhere {
        draft.only_if(&name, Quality::UsesAlgebra);
    }
    true
}

/// `Parallel(backend="multiprocessing")(delayed(task)(…) for …)`: the constructor and the task.
fn by_joblib<'m, 'a>(
    model: &'m Model<'a>,
    call: &Call<'a>,
) -> Option<(&'m Call<'a>, Task<'m, 'a>)> {
    let Expr::Call(inner) = &*call.expr.func else {
        return None;
    };
    let parallel = model.as_call(inner)?;
    if !model.calls_any(parallel, &["joblib.Parallel"]) {
        return None;
    }
    let backend = &inner.arguments.find_keyword("backend")?.value;
    if backend.as_string_literal_expr()?.value.to_str() != "multiprocessing" {
        return None;
    }
    let jobs = match call.expr.arguments.args.first()? {
        Expr::Generator(each) => &*each.elt,
        Expr::ListComp(each) => &*each.elt,
        _ => return None,
    };
    let delayed = jobs.as_call_expr()?.func.as_call_expr()?;
    Some((parallel, model.task(delayed.arguments.args.first()?).0))
}
