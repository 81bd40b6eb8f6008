//! Which functions a web framework calls for each request.

use super::model::{Function, Model};
use super::scope::{Binding, ScopeId};
use ruff_python_ast::{Decorator, Expr};

/// Methods of an application, router or blueprint that register what follows them.
const REGISTER: &[&str] = &[
    "route",
    "get",
    "post",
    "put",
    "delete",
    "patch",
    "head",
    "options",
    "websocket",
    "api_route",
];
/// Methods of a class of views that a request calls.
const VIEW_METHODS: &[&str] = &[
    "get", "post", "put", "delete", "patch", "dispatch", "list", "create",
];
const VIEW_PACKAGES: &[&str] = &[
    "django.",
    "flask.",
    "rest_framework.",
    "tornado.",
    "flask_restful.",
];
/// Functions of Django's tables of addresses.
const URLS: &[&str] = &[
    "django.urls.path",
    "django.urls.re_path",
    "django.conf.urls.url",
];

impl<'a> Model<'a> {
    /// Whether a function handles requests: by its decorator, as a view of Django or a method of a
    /// class of views.
    pub fn handles_requests(&self, function: &Function<'a>) -> bool {
        let Some(def) = function.def() else {
            return false;
        };
        if def.decorator_list.iter().any(registers) {
            return true;
        }
        match function.class {
            Some(class) => {
                let bases = self.bases(class);
                VIEW_METHODS.contains(&def.name.as_str())
                    && bases
                        .iter()
                        .any(|base| VIEW_PACKAGES.iter().any(|of| base.starts_with(of)))
            }
            None => self.is_django_view(function),
        }
    }

    fn is_django_view(&self, function: &Function<'a>) -> bool {
        let first = function
            .parameters()
            .and_then(|given| given.iter_non_variadic_params().next());
        let takes_request = first.is_some_and(|first| first.parameter.name.as_str() == "request");
        if takes_request && self.imports_views() {
            return true;
        }
        let Some(name) = function.name.as_deref() else {
            return false;
        };
        let mut tables = self.calls.iter().filter(|call| self.calls_any(call, URLS));
        tables.any(|call| {
            let view = call.expr.arguments.find_argument_value("view", 1);
            view.and_then(|view| self.name_of(view)).as_deref() == Some(name)
        })
    }

    fn imports_views(&self) -> bool {
        let module = ScopeId(0);
        self.scopes.names(module).any(|name| {
            self.scopes
                .bindings(module, name)
                .iter()
                .any(|(_, binding)| match binding {
                    Binding::ImportFrom { import, .. } => {
                        let from = import.module.as_ref().map_or("", |name| name.as_str());
                        from == "django.http" || from == "django.shortcuts"
                    }
                    _ => false,
                })
        })
    }
}

/// `@app.route("/path")`, `@router.get("/path")`.
fn registers(decorator: &Decorator) -> bool {
    let Expr::Call(call) = &decorator.expression else {
        return false;
    };
    let Expr::Attribute(method) = &*call.func else {
        return false;
    };
    let path = call
        .arguments
        .args
        .first()
        .and_then(Expr::as_string_literal_expr);
    REGISTER.contains(&method.attr.as_str())
        && path.is_some_and(|path| path.value.to_str().starts_with('/'))
}
