//! The switch interval of threads is set very short, or by a function that is gone.
//!
//! ## What it sees
//! `sys.setswitchinterval` with a number below a millisecond, and `sys.setcheckinterval`.
//!
//! ## Why it matters
//! A thread that wants the GIL asks for it after this interval (5 ms unless set). With a very short
//! one threads that compute hand it to each other all the time, and each handing over costs a switch of
//! the operating system: all of them get slower. `sys.setcheckinterval` did nothing from Python 3.2 on
//! and was removed in 3.9.
//!
//! ## Example
//! ```py
//! import sys
//!
//! sys.setswitchinterval(0.0001)
//! ```
//!
//! ## Write instead
//! ```py
//! import sys
//!
//! sys.setswitchinterval(0.005)
//! ```
//!
//! ## When it is wrong
//! In a test that looks for races, where many switches are the point.

use crate::check::found::Found;
use crate::check::model::Model;
use crate::check::numbers::number;

/// Seconds below which switching itself takes a good part of the time.
const SHORT: f64 = 0.001;

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    for call in &model.calls {
        let Some(name) = model.called(call) else {
            continue;
        };
        match &*name {
            "sys.setcheckinterval" if !model.is_for_some_versions(call.node) => {
                found
                    .report(call, "`sys.setcheckinterval` was removed in Python 3.9")
                    .help("leave it out: it did nothing since Python 3.2");
            }
            "sys.setswitchinterval" => {
                let given = call.expr.arguments.args.first();
                if given
                    .and_then(number)
                    .is_some_and(|seconds| seconds < SHORT)
                {
                    found
                        .report(
                            call,
                            "below a millisecond threads mostly hand each other the GIL",
                        )
                        .help("leave the interval at 0.005, or compute in processes");
                }
            }
            _ => {}
        }
    }
}
