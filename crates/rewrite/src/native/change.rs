//! What becomes of a library's call: a row of the table.

use super::Libraries;
use super::names::Names;
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall, WithItem};
use rightlane_source::syntax::{Ranged, Tree};

/// A definition that is put beside the twins. Its own name is in its text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Helper {
    /// The name that it defines.
    pub name: &'static str,
    /// Its source.
    pub text: &'static str,
    /// Modules that it uses.
    pub imports: &'static [&'static str],
    /// Methods that are left out where nothing calls them.
    pub optional: &'static [&'static str],
}

/// How a call of the table stands in a twin.
#[derive(Default)]
pub(super) struct Change {
    /// Instead of what is called; nothing: as it stands.
    pub func: Option<String>,
    /// Arguments before the others.
    pub lead: Vec<String>,
    /// Arguments after the others; `{owner}` is the object whose method was called.
    pub tail: Option<String>,
    /// An attribute of what is awaited, to stand for the old result.
    pub attribute: &'static str,
    /// Not awaited: it only makes what is waited for.
    pub is_plain: bool,
    /// The `with` that it stands in is an `async with`.
    pub is_context: bool,
    /// Names for positional arguments that have to be keywords then; those without one are empty.
    pub keywords: &'static [&'static str],
    /// Whether the client is the first argument.
    pub client: Option<Client>,
    /// Definitions it needs.
    pub helpers: Vec<&'static Helper>,
    /// Modules it needs.
    pub imports: Vec<&'static str>,
    /// What may be seen to change.
    pub changes: Vec<&'static str>,
}

/// What keeps the connections of all calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Client {
    /// `aiohttp.ClientSession`.
    Aiohttp,
    /// `httpx.AsyncClient`.
    Httpx,
}

/// A call that the table is asked about.
pub(super) struct Asked<'q, 'v, 'a> {
    pub names: &'q Names<'v, 'a>,
    pub call: &'a ExprCall,
    pub libraries: &'q Libraries,
}

impl Asked<'_, '_, '_> {
    /// Refuses keywords that the twin would not take; `**options` as well.
    pub fn only(&self, allowed: &[&str]) -> Result<(), String> {
        for keyword in &self.call.arguments.keywords {
            match keyword.arg.as_ref() {
                Some(name) if allowed.contains(&name.as_str()) => {}
                Some(name) => {
                    let line = self.names.line(self.call);
                    return Err(format!("its twin takes no `{name}` ({line})"));
                }
                None => {
                    let line = self.names.line(self.call);
                    return Err(format!("what `**` hands over cannot be seen ({line})"));
                }
            }
        }
        if self.call.arguments.args.iter().any(Expr::is_starred_expr) {
            let line = self.names.line(self.call);
            return Err(format!("what `*` hands over cannot be seen ({line})"));
        }
        Ok(())
    }

    /// Whether a call is what a `with` opens; refused if that opens other things, too, which are not all
    /// opened by `async with`.
    pub fn in_with_of_its_own(&self, library: &str) -> Result<bool, String> {
        let tree = &self.names.view.tree;
        for id in tree.ancestors(Tree::id(self.call)).take(2) {
            let AnyNodeRef::StmtWith(with) = tree.node(id) else {
                continue;
            };
            let is_item = |item: &WithItem| item.context_expr.range() == self.call.range();
            if with.items.len() > 1 {
                let line = self.names.line(self.call);
                return Err(format!(
                    "{library} has a twin in a `with` of its own only ({line})"
                ));
            }
            return Ok(with.items.iter().any(is_item));
        }
        Ok(false)
    }

    /// The sentence for a library whose twin is missing.
    pub fn missing(&self, library: &str, twins: &str) -> String {
        let line = self.names.line(self.call);
        format!("{library} has no twin that is installed here: {twins} ({line})")
    }
}
