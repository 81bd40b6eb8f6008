//! Objects of code that is not there to be read: handed in by callers nobody sees, or made by
//! packages nobody knows.

use super::{Args, Walker};
use crate::knowledge::{Verb, accumulates, changes_container, is_known, verb};
use crate::trace::Act;
use crate::value::{Kind, Sym, Value};

impl Walker<'_, '_> {
    /// A method of an object whose code is not there to be read.
    pub(super) fn foreign_method(&mut self, name: &Sym) {
        if may_do_anything(name) {
            let what = format!("what `{name}` does is up to code that cannot be seen");
            self.emit(Act::Doubt {
                path: None,
                what: what.into(),
            });
        }
    }

    /// A function that the caller hands on to code outside, to be called there.
    pub(super) fn doubt_callbacks(&mut self, name: &str, args: &Args) {
        let takes_first = [
            "filter",
            "functools.reduce",
            "itertools.starmap",
            "itertools.takewhile",
            "itertools.dropwhile",
            "itertools.filterfalse",
        ];
        let first = args.at(0).filter(|_| takes_first.contains(&name));
        let named = ["key", "func", "function", "callback", "predicate"];
        let by_name = named.iter().filter_map(|keyword| args.keyword(keyword));
        let is_unseen = |value: &Value| {
            let outside = |kind: &Kind| matches!(kind, Kind::ExtName(of) if !is_known(of));
            value.foreign || value.kinds.iter().any(outside)
        };
        if first.into_iter().chain(by_name).any(is_unseen) {
            let what = "what the function does that is handed on is up to code that cannot be seen";
            self.emit(Act::Doubt {
                path: None,
                what: what.into(),
            });
        }
    }

    /// A decorator that is not there to be read does what it likes around every call.
    pub(super) fn doubt_decorator(&mut self, name: &Sym) {
        let what = format!("what the decorator {name} makes of it is not known");
        self.emit(Act::Doubt {
            path: None,
            what: what.into(),
        });
    }

    /// Whether callers that nobody sees decide what the parameter is: no call in view passes
    /// anything for it, and nothing is declared. What a library calls gets the library's objects.
    pub(super) fn is_handed_in(&mut self, at: usize, value: &Value) -> bool {
        let param = self.program.function(self.function).params.get(at);
        let has_default = param.is_some_and(|param| param.default.is_some());
        self.facts.settled
            && !(has_default && self.facts.is_called(self.function))
            && value.kinds.is_empty()
            && !self.facts.is_received(self.function, at)
            && !self.is_called_by_library()
    }

    /// Whether the function is one that a known library calls: a special method, a method of a
    /// class that derives from a library's, or what a library's decorator took.
    fn is_called_by_library(&mut self) -> bool {
        let function = self.program.function(self.function);
        if function.name.starts_with("__") {
            return true;
        }
        let derived = function.class.and_then(|class| self.has_outer_base(class));
        if derived.is_some_and(|base| is_known(&base)) {
            return true;
        }
        let scope = self.annotation_scope();
        let decorators = self.program.decorators(self.function);
        decorators.iter().any(|decorator| {
            let value = self.resolve(scope, &decorator.expression);
            let plain = [
                "staticmethod",
                "classmethod",
                "property",
                "abc.abstractmethod",
            ];
            !value.is_foreign()
                && value.kinds.iter().any(|kind| match kind {
                    Kind::ExtName(name) => is_known(name) && !plain.contains(&name.as_str()),
                    Kind::Bound(..) | Kind::Ext(_) => true,
                    _ => false,
                })
        })
    }
}

/// Whether a method of an object that nothing is known of may do more than its name says of
/// builtin types: these are taken by their names, whatever has them.
fn may_do_anything(name: &str) -> bool {
    match verb(name) {
        Verb::Reads => name == "apply",
        Verb::Changes => !changes_container(name) && !accumulates(name),
        Verb::Unknown => true,
    }
}
