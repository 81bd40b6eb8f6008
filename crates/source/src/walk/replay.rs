//! Puts the events of a callee in at its call.

use super::apply::{Bound, translate_child, translate_keys};
use super::calls::Site;
use super::{Arg, Args, Walker};
use crate::knowledge::is_known;
use crate::summary::Summary;
use crate::trace::{Act, Event};
use crate::value::{Base, ClassId, FuncId, Kind, Path, Sym, Value};
use std::rc::Rc;

impl<'a> Walker<'_, 'a> {
    /// Puts the callee's events in at the call.
    pub(super) fn replay(&mut self, summary: &Rc<Summary>, bound: &Bound<'_>) {
        self.replaying += 1;
        for event in summary.events.iter() {
            self.replay_event(event, bound);
        }
        self.replaying -= 1;
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
    pub(super) fn replay_event(&mut self, event: &Event, bound: &Bound<'_>) {
        let (module, line) = (event.module, event.line);
        match &event.act {
            Act::ReadCell(cell) => {
                let cell = self.translate_cell(cell);
                self.emit_at(Act::ReadCell(cell), module, line);
            }
            Act::WriteCell { cell, adds } => {
                let cell = self.translate_cell(cell);
                self.emit_at(Act::WriteCell { cell, adds: *adds }, module, line);
            }
            Act::Read { path, deep } => {
                for path in self.translate_path(path, bound) {
                    self.emit_at(Act::Read { path, deep: *deep }, module, line);
                }
            }
            Act::Change { path, how } => {
                for path in self.translate_path(path, bound) {
                    self.mix_latest(&path);
                    self.emit_at(
                        Act::Change {
                            path,
                            how: how.clone(),
                        },
                        module,
                        line,
                    );
                }
            }
            Act::Doubt {
                path: Some(path),
                what,
            } => {
                for path in self.translate_path(path, bound) {
                    self.emit_at(
                        Act::Doubt {
                            path: Some(path),
                            what: what.clone(),
                        },
                        module,
                        line,
                    );
                }
            }
            Act::File {
                usage,
                from,
                keys,
                literal,
            } => {
                let from = self.translate_sources(from, bound);
                let keys = translate_keys(keys, bound);
                self.emit_at(
                    Act::File {
                        usage: *usage,
                        from,
                        keys,
                        literal: literal.clone(),
                    },
                    module,
                    line,
                );
            }
            Act::Child { words, param, cwd } => {
                let act = translate_child(words.as_ref(), *param, cwd, bound);
                self.emit_at(act, module, line);
            }
            Act::Stores { keys } => {
                let keys = translate_keys(keys, bound);
                self.emit_at(Act::Stores { keys }, module, line);
            }
            Act::Deadline { from, against } => {
                let from = self.translate_sources(from, bound);
                let against = against.as_ref();
                let against = against.map(|from| self.translate_sources(from, bound));
                self.emit_at(Act::Deadline { from, against }, module, line);
            }
            Act::Sends { path } => {
                let path = path
                    .as_ref()
                    .and_then(|path| self.translate_path(path, bound).into_iter().next());
                self.emit_at(Act::Sends { path }, module, line);
            }
            Act::Socket { library, path } => {
                let path = path
                    .as_ref()
                    .and_then(|path| self.translate_path(path, bound).into_iter().next());
                self.emit_at(Act::Socket { library, path }, module, line);
            }
            Act::CallParam {
                path,
                args,
                otherwise,
                known,
            } => self.replay_callback(path, args, (otherwise, *known), event, bound),
            other => self.emit_at(other.clone(), module, line),
        }
    }

    /// The callee calls a parameter: here it is known what was passed.
    pub(super) fn replay_callback(
        &mut self,
        path: &Path,
        args: &[Value],
        (otherwise, known): (&Rc<[Event]>, bool),
        event: &Event,
        bound: &Bound<'_>,
    ) {
        let args: Vec<Value> = args
            .iter()
            .map(|value| self.translate(value, bound))
            .collect();
        let passed = match (&path.base, &path.fields[..]) {
            (Base::Param(at), []) => bound
                .given
                .get(*at as usize)
                .cloned()
                .flatten()
                .map(|arg| arg.value),
            _ => None,
        };
        match passed {
            Some(callee) if !callee.kinds.is_empty() => {
                let site = Site {
                    at: bound.made,
                    node: None,
                };
                self.apply(&callee, &Args::of(args), site);
            }
            // The default, or something kept in an attribute: what the calls in view pass.
            _ => {
                let paths = self.translate_path(path, bound);
                match paths
                    .into_iter()
                    .find(|path| matches!(path.base, Base::Param(_)))
                {
                    Some(path) => {
                        let act = Act::CallParam {
                            path,
                            args,
                            otherwise: otherwise.clone(),
                            known,
                        };
                        self.emit_at(act, event.module, event.line);
                        let inferring = std::mem::replace(&mut self.inferring, true);
                        otherwise
                            .iter()
                            .for_each(|inner| self.replay_event(inner, bound));
                        self.inferring = inferring;
                    }
                    None => otherwise
                        .iter()
                        .for_each(|inner| self.replay_event(inner, bound)),
                }
            }
        }
    }

    /// Code outside runs whichever methods of the class it likes.
    pub(super) fn replay_class(&mut self, class: ClassId, receiver: &Value) {
        let Some(summary) = crate::summary::class_summary(self.program, self.facts, class) else {
            let what: Rc<str> =
                "which of its methods are called from outside cannot be told".into();
            for path in self.with_aliases(&receiver.paths) {
                self.emit(Act::Doubt {
                    path: Some(path),
                    what: what.clone(),
                });
            }
            return;
        };
        let Some(callee) = self.program.class(class).methods.values().copied().next() else {
            return;
        };
        let given = [Some(Arg {
            value: receiver.clone(),
            name: None,
        })];
        let made = self.made.last().copied().unwrap_or(self.expression);
        self.replay(
            &summary,
            &Bound {
                callee,
                given: &given,
                made,
            },
        );
    }

    /// A decorator of the project runs its inner functions around every call.
    pub(super) fn replay_decorators(&mut self, id: FuncId) {
        for decorator in self.program.decorators(id) {
            let scope = self.program.function(id).owner.or_else(|| {
                self.program
                    .bodies
                    .get(self.program.function(id).module.0 as usize)
                    .copied()
            });
            let Some(scope) = scope else { continue };
            let value = self.resolve(scope, &decorator.expression);
            for kind in &value.kinds {
                match kind {
                    Kind::Func(maker) => {
                        let is_made = decorator.expression.is_call_expr();
                        self.replay_wrapper(*maker, id, is_made);
                    }
                    Kind::ExtName(name) if !is_known(name) => self.doubt_decorator(name),
                    Kind::Bound(..) if value.is_foreign() => self.doubt_decorator(&Sym::new("it")),
                    _ => {}
                }
            }
        }
    }

    /// The inner functions of a decorator run at every call. With `@register("csv")` those right
    /// in it are the decorator itself, which runs once.
    pub(super) fn replay_wrapper(&mut self, decorator: FuncId, decorated: FuncId, is_made: bool) {
        let inner: Vec<FuncId> = (0..self.program.functions.len())
            .filter_map(|at| u32::try_from(at).ok().map(FuncId))
            .filter(|id| *id != decorated && self.is_inside(*id, decorator))
            .filter(|id| !is_made || self.program.function(*id).owner != Some(decorator))
            .collect();
        for id in inner {
            let summary = self.facts.summary(self.program, id);
            let nothing = Bound {
                callee: id,
                given: &[],
                made: 0,
            };
            self.replaying += 1;
            for event in summary.events.iter() {
                let concerns_wrapped =
                    matches!(&event.act, Act::Doubt { .. } | Act::CallParam { .. });
                if !concerns_wrapped {
                    self.replay_event(event, &nothing);
                }
            }
            self.replaying -= 1;
        }
    }

    pub(super) fn is_inside(&self, id: FuncId, outer: FuncId) -> bool {
        let mut owner = self.program.function(id).owner;
        while let Some(at) = owner {
            if at == outer {
                return true;
            }
            owner = self.program.function(at).owner;
        }
        false
    }
}
