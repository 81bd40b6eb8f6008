//! A block of shared memory is made, and nothing gives it back to the system.
//!
//! ## What it sees
//! `SharedMemory(create=True)` in a file that never says `unlink` of a block.
//!
//! ## Why it matters
//! `close()` only lets go of this process's view. The block itself lives on in `/dev/shm`, beyond the
//! end of the program if that is killed, and takes memory until the machine is started anew. Python's
//! resource tracker removes what is left at a regular exit, with a warning of "leaked shared_memory
//! objects".
//!
//! ## Example
//! ```py
//! from multiprocessing.shared_memory import SharedMemory
//!
//! def publish(data):
//!     block = SharedMemory(create=True, size=len(data))
//!     block.buf[: len(data)] = data
//!     block.close()
//!     return block.name
//! ```
//!
//! ## Write instead
//! ```py
//! from multiprocessing.shared_memory import SharedMemory
//!
//! def lend(data, use):
//!     block = SharedMemory(create=True, size=len(data))
//!     try:
//!         block.buf[: len(data)] = data
//!         use(block.name)
//!     finally:
//!         block.close()
//!         block.unlink()
//! ```
//!
//! ## When it is wrong
//! If another file, or another program that the block was made for, unlinks it.

use crate::check::found::Found;
use crate::check::model::{Call, Model};
use crate::check::tree::NodeId;
use ruff_python_ast::{AnyNodeRef, Expr};

pub(super) fn check(model: &Model<'_>, found: &mut Found) {
    // Cheap first: most files have none.
    if !model.text.as_str().contains("SharedMemory") {
        return;
    }
    let mut unlinks = None;
    for call in &model.calls {
        if !model.calls_any(call, &["multiprocessing.shared_memory.SharedMemory"])
            || !creates(call)
            || *unlinks.get_or_insert_with(|| unlinks_a_block(model))
        {
            continue;
        }
        found
            .report(
                call,
                "this block of shared memory is never unlinked: it outlives whoever uses it",
            )
            .help("call `unlink()` once when nobody needs the block any more, after `close()`");
    }
}

fn creates(call: &Call<'_>) -> bool {
    let create = call.expr.arguments.find_argument_value("create", 1);
    matches!(create, Some(Expr::BooleanLiteral(value)) if value.value)
}

/// Whether the file names an `unlink` other than that of files.
fn unlinks_a_block(model: &Model<'_>) -> bool {
    model.tree.within(NodeId(0)).any(|id| {
        let AnyNodeRef::ExprAttribute(attribute) = model.tree.node(id) else {
            return false;
        };
        attribute.attr.as_str() == "unlink" && {
            let name = model.name_of(attribute);
            !matches!(name.as_deref(), Some("os.unlink" | "pathlib.Path.unlink"))
        }
    })
}
