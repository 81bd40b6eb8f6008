//! The *async twin* of a blocking function: a copy as a coroutine function that waits with asyncio.
//!
//! The copy keeps the original's text. What blocks in it is replaced by a table, one file for each library,
//! by something that takes the same arguments and gives the same kind of result: that way exceptions,
//! attributes of responses and what others do with them stay what they were. A translation into the other
//! library's idiom was rejected: whatever is done with a response would need a rule of its own, and each
//! one that is missing or inexact changes the program.

mod change;
mod draft;
mod fit;
mod names;
mod place;
mod plan;
mod table;
mod taken;
mod write;

use rightlane_facts::Edit;
use rightlane_source::syntax::ast::{AnyNodeRef, ExprCall};
use rightlane_source::syntax::{File, Tree, View};
use std::cell::Cell;

/// What can be imported in the program's Python.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Libraries {
    /// Python's version.
    pub python: (u32, u32),
    /// httpx.
    pub httpx: bool,
    /// aiohttp.
    pub aiohttp: bool,
    /// aiosmtplib.
    pub aiosmtplib: bool,
    /// redis with `redis.asyncio`.
    pub redis_asyncio: bool,
}

/// The coroutine to await instead of a call, and what has to be there for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// What stands instead of what is called: `download_async`, `service.item_async`, `asyncio.sleep`.
    pub name: String,
    /// Arguments before those of the call: the contexts' names.
    pub lead: Vec<String>,
    /// Arguments after those of the call, by keyword; of library calls only.
    pub tail: Option<String>,
    /// What follows the awaited call, such as `.stdout`; of library calls only.
    pub attribute: String,
    /// The definitions, put beside the originals, which stay.
    pub edits: Vec<Edit>,
    /// Statements that the module needs at its top and does not have.
    pub imports: Vec<String>,
    /// What is opened once around all calls, outermost first, for `async with EXPRESSION as NAME`: (name,
    /// expression).
    pub contexts: Vec<(String, String)>,
    /// What may be seen to change, each a sentence without a full stop.
    pub changes: Vec<String>,
}

/// The twin of a call as it stands at a site.
///
/// # Errors
/// Why there is none, as a sentence without a full stop.
pub fn twin(
    file: &File,
    view: &View<'_>,
    call: &ExprCall,
    libraries: &Libraries,
) -> Result<Twin, String> {
    let AnyNodeRef::ExprCall(call) = view.tree.node(Tree::id(call)) else {
        return Err("the call is not of this file".to_owned());
    };
    let steps = Cell::new(0);
    let steps = &steps;
    let names = names::Names { file, view, steps };
    let mut plan = plan::Plan::new(&names, call, libraries)?;
    if plan.has_two_clients() {
        // httpx is the program's own library: then one client does for all.
        let libraries = Libraries {
            aiohttp: false,
            httpx: true,
            ..libraries.clone()
        };
        plan = plan::Plan::new(&names, call, &libraries)?;
    }
    fit::check(&names, &plan)?;
    let twin = write::write(&names, &plan)?;
    let text = crate::apply(file.text(), &twin.edits)?;
    File::parse(text).map_err(|error| format!("the twin would not be Python: {error}"))?;
    Ok(twin)
}
