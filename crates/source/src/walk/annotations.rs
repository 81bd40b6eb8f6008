//! What annotations declare.

use super::Walker;
use crate::program::{Code, last_name};
use crate::value::{FuncId, Kind, Sym, Value};
use ruff_python_ast::Expr;

impl Walker<'_, '_> {
    /// The kinds that an annotation declares.
    pub(super) fn declared(&mut self, annotation: &Expr) -> Value {
        match annotation {
            Expr::NoneLiteral(_) => Value::plain(),
            // `"Task"`, written so because the name is not bound yet.
            Expr::StringLiteral(text) => {
                match ruff_python_parser::parse_expression(text.value.to_str()) {
                    Ok(parsed) if !parsed.expr().is_string_literal_expr() => {
                        self.declared(parsed.expr())
                    }
                    _ => Value::unknown(),
                }
            }
            Expr::BinOp(union) => {
                let mut value = self.declared(&union.left);
                value.join(&self.declared(&union.right));
                value
            }
            Expr::Subscript(subscript) => self.declared_generic(subscript),
            Expr::Name(_) | Expr::Attribute(_) => {
                let scope = self.annotation_scope();
                let value = self.resolve(scope, annotation);
                declared_instance(&value)
            }
            _ => Value::unknown(),
        }
    }

    /// Annotations of a function are evaluated where it is defined.
    pub(super) fn annotation_scope(&self) -> FuncId {
        let here = self.program.function(self.function);
        match here.code {
            Code::Module(_) => self.function,
            _ => here
                .owner
                .or_else(|| self.program.bodies.get(self.module.0 as usize).copied())
                .unwrap_or(self.function),
        }
    }

    pub(super) fn declared_generic(&mut self, subscript: &ruff_python_ast::ExprSubscript) -> Value {
        let name = last_name(&subscript.value).unwrap_or("").to_owned();
        let parts: Vec<&Expr> = match &*subscript.slice {
            Expr::Tuple(tuple) => tuple.elts.iter().collect(),
            other => vec![other],
        };
        let mut part = |at: usize| {
            parts
                .get(at)
                .map_or_else(Value::unknown, |expr| self.declared(expr))
        };
        match name.as_str() {
            "list" | "List" | "Sequence" | "Iterable" | "Iterator" | "set" | "Set"
            | "frozenset" | "deque" | "Collection" => Value::of(Kind::Seq(Box::new(part(0)))),
            "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" | "OrderedDict" => {
                Value::of(Kind::Map(Box::new(part(1))))
            }
            "tuple" | "Tuple" if matches!(parts.get(1), Some(Expr::EllipsisLiteral(_))) => {
                Value::of(Kind::Seq(Box::new(part(0))))
            }
            "tuple" | "Tuple" => Value::of(Kind::Tuple((0..parts.len()).map(part).collect())),
            "Optional" => {
                let mut value = part(0);
                value.join(&Value::plain());
                value
            }
            "Literal" => Value::plain(),
            "Final" | "Annotated" | "ClassVar" => part(0),
            _ => Value::unknown(),
        }
    }
}

/// An annotation names a class and means its instances.
fn declared_instance(value: &Value) -> Value {
    let mut instance = Value {
        open: value.is_unknown(),
        ..Value::default()
    };
    for kind in &value.kinds {
        let kind = match kind {
            Kind::Class(class) => Kind::Instance(*class),
            Kind::ExtName(name) => match declared_external(name) {
                Some(kind) => kind,
                None => {
                    instance.open = true;
                    continue;
                }
            },
            _ => continue,
        };
        instance.join(&Value::of(kind));
    }
    instance
}

fn declared_external(name: &Sym) -> Option<Kind> {
    use crate::knowledge::{Returns, external};
    Some(match name.as_str() {
        "str" | "int" | "float" | "bool" | "bytes" | "complex" | "decimal.Decimal"
        | "datetime.datetime" | "datetime.date" | "datetime.timedelta" | "numbers.Number" => {
            Kind::Plain
        }
        "list" | "set" | "frozenset" | "tuple" | "collections.deque" => Kind::Seq(Box::default()),
        "dict" | "collections.Counter" | "collections.OrderedDict" | "collections.defaultdict" => {
            Kind::Map(Box::default())
        }
        "pathlib.Path" => Kind::Ext(Sym::new("pathlib.Path")),
        "typing.TextIO" | "typing.BinaryIO" | "typing.IO" | "io.TextIOWrapper" => {
            Kind::Ext(Sym::new("file"))
        }
        "typing.Any" | "object" | "typing.Callable" | "collections.abc.Callable" => return None,
        other => match external(other).map(|row| row.returns) {
            Some(Returns::Type(kind)) => Kind::Ext(Sym::new(kind)),
            _ if other.contains('.') => Kind::Ext(name.clone()),
            _ => return None,
        },
    })
}
