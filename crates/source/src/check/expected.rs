//! Where a test expects a failure: what stands in `with self.assertRaises(…):` or `with
//! pytest.raises(…):` is wrong on purpose, and what it starts hardly ever runs.

use super::model::Model;
use super::names::last_name;
use super::tree::NodeId;
use ruff_python_ast::{AnyNodeRef, Expr};
use ruff_text_size::{Ranged, TextRange};

/// The stretches of a file in which something is expected to fail.
pub(super) fn failures_expected(model: &Model<'_>) -> Vec<TextRange> {
    if !model.text.as_str().contains("aises") {
        return Vec::new();
    }
    let nodes = model.tree.within(NodeId(0));
    let blocks = nodes.filter_map(|id| match model.tree.node(id) {
        AnyNodeRef::StmtWith(with) => {
            let mut contexts = with.items.iter().map(|item| &item.context_expr);
            contexts.any(expects_failure).then(|| with.range())
        }
        _ => None,
    });
    blocks.collect()
}

fn expects_failure(context: &Expr) -> bool {
    let call = context.as_call_expr();
    let name = call.and_then(|call| last_name(&call.func));
    name.is_some_and(|name| name.to_lowercase().contains("raises"))
}
