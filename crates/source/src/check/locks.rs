//! Which code holds a lock while it runs.

use super::model::{Function, Model};
use super::tree::NodeId;
use ruff_python_ast::Expr;

/// Words that the names of locks are made of.
const WORDS: &[&str] = &["lock", "mutex", "condition", "semaphore"];
/// Classes of locks, by the last part of their name.
const CLASSES: &[&str] = &[
    "Lock",
    "RLock",
    "Condition",
    "Semaphore",
    "BoundedSemaphore",
];

impl<'a> Model<'a> {
    /// Whether a lock is held at a node, as far as its function shows: a `with` is open around it on a
    /// lock, or on something that may be one, or `acquire()` was called before.
    pub fn is_locked(&self, node: NodeId) -> bool {
        let contexts = self.contexts_around(node);
        contexts.iter().any(|context| self.may_be_lock(context)) || self.acquires_before(node)
    }

    /// A bare name of an unknown type in a `with` is a lock more often than not.
    fn may_be_lock(&self, expr: &'a Expr) -> bool {
        let is_bare = matches!(expr, Expr::Name(_) | Expr::Attribute(_));
        self.is_lock(expr) || (is_bare && self.type_of(expr).is_none())
    }

    fn acquires_before(&self, node: NodeId) -> bool {
        let Some(function) = self.function_of(node) else {
            return false;
        };
        let before = self
            .calls_of(function.id)
            .take_while(|call| call.node < node);
        let mut methods = before.filter_map(|call| call.expr.func.as_attribute_expr());
        methods.any(|method| method.attr.as_str() == "acquire")
    }

    /// Whether a function is wrapped in something that holds a lock, by the name of its decorator.
    pub fn is_synchronized(&self, function: &Function<'a>) -> bool {
        let decorators = function.def().map_or(&[][..], |def| &def.decorator_list);
        decorators.iter().any(|decorator| {
            let text = self.text_of(decorator).to_lowercase();
            text.contains("synchron") || text.contains("lock")
        })
    }

    /// Whether an expression is a lock, by its type or, of an unknown type, by its name.
    pub fn is_lock(&self, expr: &'a Expr) -> bool {
        let Some(name) = self.type_of(expr) else {
            return is_named_as_lock(self.text_of(expr));
        };
        let last = name.rsplit('.').next().unwrap_or(&name);
        CLASSES.contains(&last) || is_named_as_lock(last)
    }
}

fn is_named_as_lock(text: &str) -> bool {
    let text = text.to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}
