//! What becomes of an object that somebody has to end: a pool to shut down, a thread to join, a child to
//! wait for. Only where the object stays with the function that made it can a rule say that nobody did.

use super::model::{Call, Model};
use super::scope::{Binding, ScopeId, ScopeKind};
use super::tree::{NodeId, Tree};
use super::uses::Use;
use ruff_python_ast::{AnyNodeRef, Expr};

/// Where an object is after the call that made it.
#[derive(Clone, Copy)]
pub(crate) enum Handle<'a> {
    Dropped,
    /// Nothing but one attribute of it is used: `Thread(…).start()`.
    Attribute {
        attr: &'a str,
        node: NodeId,
    },
    /// In a name of a function or of the module.
    Name(Owned<'a>),
    /// An argument of this call.
    Argument(NodeId),
    /// With somebody else, as far as can be told: returned, put into something, left to a `with`.
    Elsewhere,
}

/// A name that keeps an object, and the scope whose name it is.
#[derive(Clone, Copy)]
pub(crate) struct Owned<'a> {
    pub scope: ScopeId,
    pub name: &'a str,
}

/// Functions that look at an object and do not keep it.
const LOOK: &[&str] = &[
    "print",
    "repr",
    "str",
    "id",
    "len",
    "bool",
    "type",
    "isinstance",
    "hasattr",
    "asyncio.set_event_loop",
    "asyncio.run_coroutine_threadsafe",
    "asyncio.ensure_future",
    "asyncio.wrap_future",
    "asyncio.AbstractEventLoop.run_in_executor",
];

impl<'a> Model<'a> {
    /// What becomes of the object that a call makes.
    pub fn handle(&self, call: &Call<'a>) -> Handle<'a> {
        match self.use_of(call.node) {
            Use::Dropped => Handle::Dropped,
            Use::Method { attr, .. } => match self.tree.parent(call.node) {
                Some(node) => Handle::Attribute { attr, node },
                None => Handle::Elsewhere,
            },
            Use::Named { name, scope } => {
                let kind = self.scopes.get(scope).kind;
                match kind {
                    ScopeKind::Function | ScopeKind::Module => Handle::Name(Owned { scope, name }),
                    _ => Handle::Elsewhere,
                }
            }
            Use::Argument(call) => Handle::Argument(call),
            _ => Handle::Elsewhere,
        }
    }

    /// The attributes of a kept object that are named anywhere, called or not, with their nodes; those
    /// that are assigned, too.
    pub fn attributes_of(&self, kept: Owned<'a>) -> impl Iterator<Item = (&'a str, NodeId)> {
        let reads = self.scopes.reads(kept.scope, kept.name).iter();
        reads.filter_map(|read| {
            let parent = self.tree.parent(*read)?;
            match self.tree.node(parent) {
                AnyNodeRef::ExprAttribute(attribute) => Some((attribute.attr.as_str(), parent)),
                _ => None,
            }
        })
    }

    /// Whether one of these attributes of a kept object is named anywhere.
    pub fn has_attribute(&self, kept: Owned<'a>, names: &[&str]) -> bool {
        let mut all = self.attributes_of(kept);
        all.any(|(attr, _)| names.contains(&attr))
    }

    /// Whether a kept object also gets into other hands: it is passed on, returned, put into something,
    /// left to a `with`, or its name has an object from elsewhere.
    pub fn is_handed_over(&self, kept: Owned<'a>) -> bool {
        let reads = self.scopes.reads(kept.scope, kept.name);
        reads.iter().any(|read| !self.is_only_looked_at(*read))
    }

    fn is_only_looked_at(&self, read: NodeId) -> bool {
        match self.use_of(read) {
            Use::Method { .. } | Use::Dropped => true,
            Use::Argument(call) => self.is_look(call),
            Use::Other => self.is_tested(read),
            _ => false,
        }
    }

    /// Whether a call only looks at its arguments: `print`, logging.
    fn is_look(&self, call: NodeId) -> bool {
        let Some(call) = self.call_at(call) else {
            return false;
        };
        match self.called(call) {
            Some(name) => {
                LOOK.contains(&&*name)
                    || name.starts_with("logging.")
                    || name.ends_with("run_in_executor")
            }
            // A loop of unknown origin.
            None => match &*call.expr.func {
                Expr::Attribute(method) => method.attr.as_str() == "run_in_executor",
                _ => false,
            },
        }
    }

    /// Whether an expression is compared, tested or printed into a text.
    fn is_tested(&self, node: NodeId) -> bool {
        let mut inner = node;
        for outer in self.tree.ancestors(node) {
            match self.tree.node(outer) {
                AnyNodeRef::ExprCompare(_)
                | AnyNodeRef::ExprFString(_)
                | AnyNodeRef::StmtAssert(_)
                | AnyNodeRef::StmtIf(_)
                | AnyNodeRef::ElifElseClause(_)
                | AnyNodeRef::StmtWhile(_) => return true,
                AnyNodeRef::ExprUnaryOp(_) => return true,
                AnyNodeRef::ExprBoolOp(_)
                | AnyNodeRef::FString(_)
                | AnyNodeRef::InterpolatedElement(_) => {}
                AnyNodeRef::ExprIf(either) => return Tree::id(&*either.test) == inner,
                _ => return false,
            }
            inner = outer;
        }
        false
    }

    /// Whether a name is bound to something else as well, `None` aside: what another call made, a
    /// parameter.
    pub fn has_other_values(&self, kept: Owned<'a>) -> bool {
        let bindings = self.scopes.bindings(kept.scope, kept.name);
        let mut others = bindings
            .iter()
            .filter(|(_, binding)| !matches!(binding, Binding::Value(Expr::NoneLiteral(_))));
        others.next();
        others.next().is_some()
    }

    /// Whether a keyword of a call is the literal `True`.
    pub fn is_set(&self, call: &Call<'a>, keyword: &str) -> bool {
        let given = call.expr.arguments.find_keyword(keyword);
        given
            .is_some_and(|given| matches!(&given.value, Expr::BooleanLiteral(value) if value.value))
    }
}
