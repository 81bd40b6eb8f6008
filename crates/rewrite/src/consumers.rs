//! Who asks a lazy expression for its values, and when.

use crate::sheet::Sheet;
use crate::tasks::last_name;
use rightlane_source::syntax::NodeId;
use rightlane_source::syntax::Ranged;
use rightlane_source::syntax::ast::{AnyNodeRef, Expr};

/// When the values of a lazy expression are asked for.
pub(crate) enum Consumed {
    /// All of them, in the statement that it stands in.
    Whole,
    /// In that statement, up to the first that decides.
    UntilDecided(String),
    /// Some other time, perhaps never.
    Later,
}

/// Functions that go through an iterable at once.
const AT_ONCE: &[&str] = &[
    "list",
    "tuple",
    "set",
    "frozenset",
    "dict",
    "sum",
    "max",
    "min",
    "sorted",
    "join",
    "Counter",
    "deque",
    "OrderedDict",
    "extend",
    "update",
    "writelines",
    "array",
    "bytes",
    "bytearray",
    "fromiter",
    "DataFrame",
    "mean",
    "fmean",
    "median",
    "stdev",
    "prod",
    "fsum",
    "print",
    "concat",
    "vstack",
    "hstack",
    "stack",
    "len",
    "executemany",
    "reduce",
    "from_records",
    "Series",
];

/// Functions that stop when it is decided.
const UNTIL_DECIDED: &[&str] = &["any", "all", "next"];

/// When the values of the expression are asked for.
pub(crate) fn consumed(sheet: &Sheet<'_>, id: NodeId) -> Consumed {
    let tree = &sheet.view.tree;
    let range = tree.range(id);
    for outer in tree.ancestors(id) {
        match tree.node(outer) {
            AnyNodeRef::Arguments(_) | AnyNodeRef::Keyword(_) | AnyNodeRef::ExprStarred(_) => {}
            AnyNodeRef::ExprCall(call) => {
                let Some(name) = last_name(&call.func) else {
                    return Consumed::Later;
                };
                return match () {
                    () if AT_ONCE.contains(&name) => Consumed::Whole,
                    () if UNTIL_DECIDED.contains(&name) => Consumed::UntilDecided(name.to_owned()),
                    // Lazy as well: whoever asks it asks this one.
                    () if matches!(
                        name,
                        "enumerate" | "zip" | "filter" | "map" | "reversed" | "chain" | "islice"
                    ) =>
                    {
                        consumed(sheet, outer)
                    }
                    () => Consumed::Later,
                };
            }
            AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprList(_)
            | AnyNodeRef::ExprSet(_) => return Consumed::Whole,
            AnyNodeRef::ExprTuple(_) | AnyNodeRef::Comprehension(_) => {}
            AnyNodeRef::ExprGenerator(_) => return consumed(sheet, outer),
            AnyNodeRef::StmtFor(each) if each.iter.range().contains_range(range) => {
                return Consumed::Whole;
            }
            AnyNodeRef::StmtAssign(assign) if assign.value.range() == range => {
                let unpacks = |target: &Expr| target.is_tuple_expr() || target.is_list_expr();
                return if assign.targets.iter().all(unpacks) {
                    Consumed::Whole
                } else {
                    Consumed::Later
                };
            }
            _ => return Consumed::Later,
        }
    }
    Consumed::Later
}
