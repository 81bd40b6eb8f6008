//! Numbers that stand in the source, and how many items something visibly has.

use super::model::Model;
use super::scope::Binding;
use super::tree::{NodeId, Tree};
use super::uses::Use;
use ruff_python_ast::{
    AnyNodeRef, Expr, ExprCall, ExprContext, ExprName, Number, Operator, UnaryOp,
};

/// Methods that leave a list, set or dict as long as it was.
const KEEPING: &[&str] = &[
    "index",
    "count",
    "items",
    "keys",
    "values",
    "get",
    "copy",
    "sort",
    "reverse",
    "union",
    "intersection",
    "difference",
    "isdisjoint",
    "issubset",
    "issuperset",
];

/// The whole number that an expression is.
pub(crate) fn whole_number(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(value) => value.as_u64(),
            _ => None,
        },
        _ => None,
    }
}

/// The number that an expression of numbers comes to: `1e-4`, `1 / 10_000`, `10 ** -3`.
pub(crate) fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Float(value) => Some(*value),
            Number::Int(value) => u32::try_from(value.as_u64()?).ok().map(f64::from),
            Number::Complex { .. } => None,
        },
        Expr::UnaryOp(of) if of.op == UnaryOp::USub => number(&of.operand).map(|value| -value),
        Expr::BinOp(of) => {
            let (left, right) = (number(&of.left)?, number(&of.right)?);
            match of.op {
                Operator::Mult => Some(left * right),
                Operator::Div => Some(left / right),
                Operator::Pow => Some(left.powf(right)),
                _ => None,
            }
        }
        _ => None,
    }
}

impl<'a> Model<'a> {
    /// The one value that a name is ever bound to.
    pub fn only_value(&self, name: &'a ExprName) -> Option<&'a Expr> {
        let home = self
            .scopes
            .home(self.tree.scope(Tree::id(name)), &name.id)?;
        match self.scopes.bindings(home, &name.id) {
            [(_, Binding::Value(value))] => Some(*value),
            _ => None,
        }
    }

    /// How many items an iterable visibly has: by its text, or by that of the one value of its name,
    /// which nothing changes.
    pub fn length_of(&self, expr: &'a Expr) -> Option<u64> {
        self.asked(|| match expr {
            Expr::List(list) => written_out(&list.elts),
            Expr::Tuple(tuple) => written_out(&tuple.elts),
            Expr::Set(set) => written_out(&set.elts),
            Expr::Dict(dict) => {
                let plain = dict.items.iter().all(|item| item.key.is_some());
                plain.then(|| u64::try_from(dict.items.len()).ok())?
            }
            Expr::Name(name) => {
                let value = self.only_value(name)?;
                (!self.may_change(name)).then(|| self.length_of(value))?
            }
            Expr::Call(call) => self.length_of_call(call),
            Expr::ListComp(each) => match each.generators.as_slice() {
                [only] if only.ifs.is_empty() => self.length_of(&only.iter),
                _ => None,
            },
            _ => None,
        })
    }

    fn length_of_call(&self, call: &'a ExprCall) -> Option<u64> {
        let given = &call.arguments.args;
        if let Expr::Attribute(method) = &*call.func
            && matches!(method.attr.as_str(), "items" | "keys" | "values")
            && given.is_empty()
        {
            return self.length_of(&method.value);
        }
        match &*self.called(self.as_call(call)?)? {
            "range" => match given
                .iter()
                .map(whole_number)
                .collect::<Vec<_>>()
                .as_slice()
            {
                [Some(end)] => Some(*end),
                [Some(start), Some(end)] => Some(end.saturating_sub(*start)),
                [Some(start), Some(end), Some(step)] if *step > 0 => {
                    Some(end.saturating_sub(*start).div_ceil(*step))
                }
                _ => None,
            },
            "list" | "tuple" | "sorted" | "reversed" | "enumerate" => {
                self.length_of(given.first()?)
            }
            "zip" => given.iter().filter_map(|each| self.length_of(each)).min(),
            _ => None,
        }
    }

    /// Whether a name's list, set or dict may become longer or shorter.
    fn may_change(&self, name: &'a ExprName) -> bool {
        let scope = self.tree.scope(Tree::id(name));
        let Some(home) = self.scopes.home(scope, &name.id) else {
            return true;
        };
        let reads = self.scopes.reads(home, name.id.as_str());
        reads.iter().any(|read| self.is_changed_at(*read))
    }

    fn is_changed_at(&self, read: NodeId) -> bool {
        if let Use::Method { attr, .. } = self.use_of(read) {
            return !KEEPING.contains(&attr);
        }
        let parent = self.tree.parent(read).map(|parent| self.tree.node(parent));
        matches!(parent, Some(AnyNodeRef::ExprSubscript(item)) if item.ctx != ExprContext::Load)
    }
}

fn written_out(items: &[Expr]) -> Option<u64> {
    let plain = !items.iter().any(Expr::is_starred_expr);
    plain.then(|| u64::try_from(items.len()).ok())?
}
