//! Texts that are written down: of arguments, templates, patterns and statements.

use super::Walker;
use super::calls::Site;
use crate::program::{Code, Scope};
use crate::value::Sym;
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

impl<'a> Walker<'_, 'a> {
    /// The text of an argument, if it is written down.
    pub(super) fn text_argument(&self, site: Site<'a>, at: usize) -> Option<String> {
        self.text_of_expr(site.node?.arguments.args.get(at)?)
    }

    /// The text that an expression stands for: a literal, the end of an f-string with holes before
    /// it, or a name that is bound to a literal once.
    pub(super) fn text_of_expr(&self, expr: &'a Expr) -> Option<String> {
        match expr {
            Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
            Expr::Call(call) => {
                let join = call.func.as_attribute_expr()?;
                let parts = call.arguments.args.iter();
                // A folder that is not written down is as good as any without wildcards.
                let known = |part| self.text_of_expr(part).unwrap_or_else(|| "_".to_owned());
                let parts: Vec<String> = parts.map(known).collect();
                (join.attr.as_str() == "join" && parts.len() > 1).then(|| parts.join("/"))
            }
            Expr::Name(name) => self
                .bound_expr(&name.id)?
                .as_string_literal_expr()
                .map(|text| text.value.to_str().to_owned()),
            Expr::FString(_) => {
                // Holes are as good as folders or other characters that are no wildcards.
                let text = self.text_of(expr.range());
                let text = text.trim_start_matches(['f', 'F', 'r', 'R']);
                Some(text.trim_matches(['"', '\'']).replace(['{', '}'], ""))
            }
            _ => None,
        }
    }

    /// What the function or the module around it binds the name to, if it does so once.
    pub(super) fn bound_expr(&self, name: &Sym) -> Option<&'a Expr> {
        let function = match self.program.scope_of(self.function, name) {
            Scope::Local => self.function,
            Scope::Global => *self.program.bodies.get(self.module.0 as usize)?,
            Scope::Free(_) | Scope::Builtin => return None,
        };
        let function = self.program.function(function);
        if function.params.iter().any(|param| param.name == *name) {
            return None;
        }
        let body: &'a [Stmt] = match function.code {
            Code::Module(body) => body,
            Code::Def(def) => &def.body,
            Code::Class(_) | Code::Lambda(_) => return None,
        };
        let mut binding = Binding {
            name,
            bound: Vec::new(),
        };
        binding.visit_body(body);
        match binding.bound.as_slice() {
            [Some(only)] => Some(*only),
            _ => None,
        }
    }

    /// Whether the expression is a text for sure, by its form.
    pub(super) fn is_text(&self, expr: &'a Expr) -> bool {
        let texts = [
            "stem",
            "name",
            "suffix",
            "path",
            "str",
            "join",
            "format",
            "hexdigest",
            "basename",
            "dirname",
            "fspath",
            "strip",
            "rstrip",
            "lstrip",
            "replace",
            "removesuffix",
            "lower",
            "upper",
            "zfill",
            "strftime",
            "isoformat",
            "decode",
            "quote",
        ];
        match expr {
            Expr::FString(_) => true,
            Expr::BinOp(sum) => self.is_text(&sum.left) || self.is_text(&sum.right),
            Expr::Call(call) => match &*call.func {
                Expr::Name(func) => func.id == "str",
                Expr::Attribute(func) => texts.contains(&func.attr.as_str()),
                _ => false,
            },
            Expr::Attribute(attribute) => texts.contains(&attribute.attr.as_str()),
            // `name[:-4]`, but not `numbers[3]`.
            Expr::Subscript(part) => part.slice.is_slice_expr(),
            other => self.text_of_expr(other).is_some(),
        }
    }

    pub(super) fn text_of(&self, range: TextRange) -> &'a str {
        self.program.module(self.module).text.slice(range)
    }
}

/// Collects what is assigned to a name.
struct Binding<'n, 'a> {
    name: &'n Sym,
    bound: Vec<Option<&'a Expr>>,
}

impl<'a> StatementVisitor<'a> for Binding<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let is_it = |expr: &Expr| binds(expr, self.name);
        match stmt {
            Stmt::Assign(assign) => match assign.targets.as_slice() {
                [only] if only.is_name_expr() && is_it(only) => {
                    self.bound.push(Some(&assign.value));
                }
                targets if targets.iter().any(is_it) => self.bound.push(None),
                _ => {}
            },
            Stmt::AnnAssign(assign) if is_it(&assign.target) => {
                self.bound.push(assign.value.as_deref());
            }
            Stmt::AugAssign(assign) if is_it(&assign.target) => self.bound.push(None),
            Stmt::For(stmt) if is_it(&stmt.target) => self.bound.push(None),
            Stmt::With(stmt) => {
                let mut targets = stmt
                    .items
                    .iter()
                    .filter_map(|item| item.optional_vars.as_deref());
                if targets.any(is_it) {
                    self.bound.push(None);
                }
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            _ => {}
        }
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            walk_stmt(self, stmt);
        }
    }
}

/// Whether the target binds the name.
fn binds(target: &Expr, name: &str) -> bool {
    match target {
        Expr::Name(held) => held.id == *name,
        Expr::Tuple(tuple) => tuple.elts.iter().any(|elt| binds(elt, name)),
        Expr::List(list) => list.elts.iter().any(|elt| binds(elt, name)),
        Expr::Starred(starred) => binds(&starred.value, name),
        _ => false,
    }
}
