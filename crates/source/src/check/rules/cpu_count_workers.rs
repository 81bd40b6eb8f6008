//! A pool has as many workers as the machine has CPUs, not as many as the process may use.
//!
//! ## What it sees
//! `os.cpu_count()` or `multiprocessing.cpu_count()` as the number of a pool's workers, also less one
//! (`- 1`), with a fallback (`or 1`), or by a name.
//!
//! ## Why it matters
//! `cpu_count()` counts the CPUs of the machine. In a container, under `taskset` or in a batch job the
//! process may use only some of them: the others' share of workers takes turns on the same CPUs, and
//! each one has its memory (hyperglass issue 356: 160 workers for 2 CPUs). `os.process_cpu_count()`
//! (Python 3.13) and `os.sched_getaffinity(0)` heed affinity and `PYTHON_CPU_COUNT`; a quota of a
//! container's CPU time they do not see either (CPython issue 149452).
//!
//! ## Example
//! ```py
//! import os
//! from concurrent.futures import ProcessPoolExecutor
//!
//! def render(frames, draw):
//!     with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
//!         return list(pool.map(draw, frames))
//! ```
//!
//! ## Write instead
//! ```py
//! import os
//! from concurrent.futures import ProcessPoolExecutor
//!
//! def render(frames, draw):
//!     with ProcessPoolExecutor(max_workers=os.process_cpu_count()) as pool:
//!         return list(pool.map(draw, frames))
//! ```
//!
//! ## When it is wrong
//! If the program always has the whole machine to itself.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::numbers::whole_number;
use ruff_python_ast::{BoolOp, Expr, Operator};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for (call, of) in model.pools() {
        let Some(workers) = model.workers_given(call.expr, of) else {
            continue;
        };
        if !is_count(model, workers) {
            continue;
        }
        found
            .report(
                workers,
                "this counts the CPUs of the machine, not those that the process may use",
            )
            .help("`os.process_cpu_count()` (Python 3.13), or `len(os.sched_getaffinity(0))`");
    }
}

/// Whether an expression is the number of the machine's CPUs, perhaps less one or with a fallback.
fn is_count<'a>(model: &Model<'a>, expr: &'a Expr) -> bool {
    let found = model.asked(|| match expr {
        Expr::Call(call) => {
            let made = model.as_call(expr)?;
            if model.calls_any(made, &["os.cpu_count", "multiprocessing.cpu_count"]) {
                return Some(true);
            }
            // `max(1, cpu_count() - 1)`
            let least = model.calls_any(made, &["max"]);
            match &*call.arguments.args {
                [one, other] if least && whole_number(one).is_some() => {
                    Some(is_count(model, other))
                }
                [one, other] if least && whole_number(other).is_some() => {
                    Some(is_count(model, one))
                }
                _ => None,
            }
        }
        Expr::BinOp(less) => {
            let less_some = less.op == Operator::Sub && whole_number(&less.right).is_some();
            Some(less_some && is_count(model, &less.left))
        }
        Expr::BoolOp(either) => match either.values.as_slice() {
            [count, other] if either.op == BoolOp::Or && whole_number(other).is_some() => {
                Some(is_count(model, count))
            }
            _ => None,
        },
        Expr::Name(name) => Some(is_count(model, model.only_value(name)?)),
        _ => None,
    });
    found == Some(true)
}
