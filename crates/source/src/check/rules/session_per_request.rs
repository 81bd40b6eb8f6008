//! A function of the module `requests` is called again and again, with a new connection each time.
//!
//! ## What it sees
//! `requests.get`, `post` and the like in a function that a pool runs, or in a loop over visibly more
//! than ten things.
//!
//! ## Why it matters
//! These functions open a session and close it again: each call connects anew, which costs a round
//! trip, two or three more for TLS, and a look-up of the name. A `requests.Session` keeps its
//! connections (documentation of requests, "Session Objects"). It is not made for use by several
//! threads: take one for each.
//!
//! ## Example
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//! import requests
//!
//! def price(article):
//!     return requests.get(f"https://shop.example/{article}", timeout=10).json()
//!
//! def prices(articles):
//!     with ThreadPoolExecutor(8) as pool:
//!         return list(pool.map(price, articles))
//! ```
//!
//! ## Write instead
//! ```py
//! from concurrent.futures import ThreadPoolExecutor
//! import threading
//! import requests
//!
//! local = threading.local()
//!
//! def start():
//!     local.session = requests.Session()
//!
//! def price(article):
//!     return local.session.get(f"https://shop.example/{article}", timeout=10).json()
//!
//! def prices(articles):
//!     with ThreadPoolExecutor(8, initializer=start) as pool:
//!         return list(pool.map(price, articles))
//! ```
//!
//! ## When it is wrong
//! If each call goes to another host.

use crate::check::found::Found;
use crate::check::model::{Call, FunctionId, Model};
use crate::check::tasks::How;

/// A loop over more than that is worth a session.
const MANY: u64 = 10;
const FUNCTIONS: &[&str] = &[
    "get", "post", "put", "patch", "delete", "head", "options", "request",
];

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    let calls = model.calls.iter();
    let mut requests = calls.filter(|call| is_request(model, call)).peekable();
    if requests.peek().is_none() {
        return;
    }
    let tasks = tasks(model);
    for call in requests {
        let in_task = call
            .function
            .is_some_and(|function| tasks.contains(&function));
        if in_task || is_in_long_loop(model, call) {
            found
                .report(
                    call,
                    "a connection is opened and closed for each of these requests",
                )
                .help("a `requests.Session` for each thread keeps its connections");
        }
    }
}

fn is_request<'a>(model: &Model<'a>, call: &Call<'a>) -> bool {
    let name = model.called(call);
    let function = name
        .as_deref()
        .and_then(|name| name.strip_prefix("requests."));
    function.is_some_and(|function| FUNCTIONS.contains(&function))
}

/// The functions that pools run, many times presumably.
fn tasks(model: &Model<'_>) -> Vec<FunctionId> {
    let submissions = model.submissions();
    let of_pools = submissions.iter().filter(|submission| {
        submission.pool.is_some()
            && submission.how != How::Initializer
            && (submission.how.is_map() || model.loop_of(submission.call.node).is_some())
    });
    of_pools
        .filter_map(|submission| submission.task.function())
        .map(|function| function.id)
        .collect()
}

fn is_in_long_loop(model: &Model<'_>, call: &Call<'_>) -> bool {
    model.loops_around(call.node).any(|around| {
        let length = model
            .iterable_of(around)
            .and_then(|iterable| model.length_of(iterable));
        length.is_some_and(|length| length > MANY) && !model.tries_again(around)
    })
}
