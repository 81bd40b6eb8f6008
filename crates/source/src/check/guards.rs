//! What a node only runs for: some versions of Python, a type checker, a failure that is expected.

use super::model::Model;
use super::tree::{NodeId, Tree};
use ruff_python_ast::{AnyNodeRef, Expr, StmtTry};
use ruff_text_size::Ranged;

impl<'a> Model<'a> {
    /// Whether a node stands under a test of Python's version or of what a module offers.
    pub fn is_for_some_versions(&self, node: NodeId) -> bool {
        self.is_under_test(node, &["version_info", "hexversion", "PY3", "hasattr("])
    }

    /// Whether a node stands under `if TYPE_CHECKING:`.
    pub fn is_for_type_checkers(&self, node: NodeId) -> bool {
        self.is_under_test(node, &["TYPE_CHECKING"])
    }

    /// Whether one of the `if`s around a node tests something with one of these words in it, be the
    /// node in its body or in what follows otherwise.
    fn is_under_test(&self, node: NodeId, words: &[&str]) -> bool {
        let mentions = |test: &Expr| {
            let text = self.text.slice(test.range());
            words.iter().any(|word| text.contains(word))
        };
        self.tree
            .ancestors(node)
            .any(|outer| match self.tree.node(outer) {
                AnyNodeRef::StmtIf(check) => {
                    let others = check.elif_else_clauses.iter();
                    mentions(&check.test)
                        || others.filter_map(|other| other.test.as_ref()).any(mentions)
                }
                AnyNodeRef::ExprIf(check) => mentions(&check.test),
                _ => false,
            })
    }

    /// Whether a node stands in the body of a `try` of its function that catches one of these
    /// exceptions, or all.
    pub fn is_caught(&self, node: NodeId, exceptions: &[&str]) -> bool {
        let mut inner = node;
        for outer in self.tree.ancestors(node) {
            match self.tree.node(outer) {
                AnyNodeRef::StmtTry(tried) => {
                    let in_body = tried
                        .body
                        .last()
                        .is_some_and(|last| inner <= Tree::id(last));
                    if in_body && self.catches(tried, exceptions) {
                        return true;
                    }
                }
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => return false,
                _ => {}
            }
            inner = outer;
        }
        false
    }

    fn catches(&self, tried: &'a StmtTry, exceptions: &[&str]) -> bool {
        tried.handlers.iter().any(|handler| {
            let Some(handler) = handler.as_except_handler() else {
                return false;
            };
            handler.type_.as_ref().is_none_or(|of| {
                let text = self.text_of(&**of);
                let mut names = text.split(|c: char| !c.is_alphanumeric());
                names.any(|name| exceptions.contains(&name) || name.ends_with("Exception"))
            })
        })
    }
}
