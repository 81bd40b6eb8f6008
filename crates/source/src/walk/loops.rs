//! Loops, comprehensions and `map`.

use super::apply::iterator_of;
use super::assign::{element, item_value};
use super::calls::Site;
use super::distinct::{of_one_ending, tell_apart, tests_of};
use super::outside::handle_noun;
use super::{Arg, Args, Walker, offset};
use crate::apart::Parts;
use crate::knowledge::{Returns, external, is_view};
use crate::trace::{Act, CallNode, Change, Event, LoopInfo, LoopNode};
use crate::value::{Base, Field, Kind, Path, Value};
use rightlane_facts::SiteKind;
use ruff_python_ast::{Comprehension, Expr, ExprCall, StmtFor, StmtWhile};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::HashMap;

impl<'a> Walker<'_, 'a> {
    pub(super) fn for_loop(&mut self, stmt: &'a StmtFor, id: u32) {
        let head = self.position();
        let iterable = self.eval(&stmt.iter);
        let at = offset(stmt);
        self.forget_bound(&stmt.body);
        let slot = self.open_loop(SiteKind::For, LoopNode::For(stmt), stmt.range(), &iterable);
        self.fork();
        self.step(&stmt.iter, &iterable, head);
        self.line = self.line_of(stmt.target.start());
        let element = self.next_element(&iterable);
        let element = tell_apart(&stmt.iter, &stmt.target, element);
        let element = of_one_ending(tests_of(&stmt.body), &stmt.target, element);
        self.look_again(&stmt.iter, &element);
        self.around.push((at, stmt.range()));
        self.assign_item(&stmt.target, &element, at, false);
        self.note_target(slot, &stmt.target, at);
        self.body(&stmt.body, Some(id));
        self.around.pop();
        self.close_loop(slot);
        self.next_arm();
        self.join_arms();
        self.forget_bound(&stmt.body);
        self.body(&stmt.orelse, Some(id));
    }

    pub(super) fn while_loop(&mut self, stmt: &'a StmtWhile, id: u32) {
        let slot = self.open_loop(
            SiteKind::While,
            LoopNode::While(stmt),
            stmt.range(),
            &Value::default(),
        );
        self.forget_bound(&stmt.body);
        let test = self.eval(&stmt.test);
        self.read(&test, true);
        let endless = matches!(&*stmt.test, Expr::BooleanLiteral(literal) if literal.value);
        if !endless {
            self.fork();
        }
        self.around.push((offset(stmt), stmt.range()));
        self.body(&stmt.body, Some(id));
        self.around.pop();
        self.close_loop(slot);
        if !endless {
            self.next_arm();
            self.join_arms();
        } else {
            // A `break` comes from anywhere in the body.
            self.latest.get_or_insert_with(HashMap::new);
        }
        self.forget_bound(&stmt.body);
        self.body(&stmt.orelse, Some(id));
    }

    /// A comprehension or generator expression. `stops` tells that its consumer may stop early.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each kind of comprehension, then its clauses"
    )]
    pub(super) fn comprehension(&mut self, expr: &'a Expr, stops: Option<TextSize>) -> Value {
        let (kind, key, value, generators): (_, Option<&'a Expr>, &'a Expr, &'a [Comprehension]) =
            match expr {
                Expr::ListComp(comp) => (
                    SiteKind::ListComprehension,
                    None,
                    &*comp.elt,
                    &comp.generators,
                ),
                Expr::SetComp(comp) => (
                    SiteKind::SetComprehension,
                    None,
                    &*comp.elt,
                    &comp.generators,
                ),
                Expr::Generator(comp) => (
                    SiteKind::GeneratorExpression,
                    None,
                    &*comp.elt,
                    &comp.generators,
                ),
                Expr::DictComp(comp) => (
                    SiteKind::DictComprehension,
                    comp.key.as_deref(),
                    &*comp.value,
                    &comp.generators,
                ),
                _ => return Value::unknown(),
            };
        let Some(first) = generators.first() else {
            return Value::unknown();
        };
        let head = self.position();
        let iterable = self.eval(&first.iter);
        let node = LoopNode::Comprehension {
            key,
            element: value,
            generators,
        };
        let slot = self.open_loop(kind, node, expr.range(), &iterable);
        if let Some(info) = slot.and_then(|slot| self.trace.loops.get_mut(slot)) {
            info.stopped_by = stops.map(|_| u32::from(expr.start()));
        }
        let at = offset(expr);
        self.scopes.push((at, HashMap::new()));
        self.fork();
        self.step(&first.iter, &iterable, head);
        let conditions = self.position();
        self.clauses(generators, &iterable, slot, at);
        self.guards.push(conditions..self.position());
        let key = key.map(|key| self.eval(key));
        let value = self.eval(value);
        self.guards.pop();
        self.scopes.pop();
        self.close_loop(slot);
        self.next_arm();
        self.join_arms();
        let from = value.from.clone();
        let mut inner = self.outlive(value, expr.range());
        let items = u32::try_from(generators.len()).unwrap_or(0);
        let items: Vec<u32> = (at..at + items).collect();
        self.made_apart(&mut inner, &items);
        if expr.is_set_comp_expr() {
            inner.apart = inner.apart.or(Some(Parts::ALL));
        }
        let made = match key {
            Some(_) => {
                inner.lose_apart();
                Value::of(Kind::Map(Box::new(inner)))
            }
            None if expr.is_generator_expr() => iterator_of(inner),
            None => Value::of(Kind::Seq(Box::new(inner))),
        };
        made.at(Path::of(Base::Alloc(at)))
            .derived(&from)
            .derived(&iterable.from)
    }

    fn clauses(
        &mut self,
        generators: &'a [Comprehension],
        first: &Value,
        slot: Option<usize>,
        at: u32,
    ) {
        let start = self.position();
        for (index, generator) in generators.iter().enumerate() {
            let guards = self.guards.len();
            if index > 0 {
                self.guards.push(start..self.position());
            }
            let iterable = if index == 0 {
                first.clone()
            } else {
                self.eval(&generator.iter)
            };
            let item = at + u32::try_from(index).unwrap_or(0);
            self.line = self.line_of(generator.target.start());
            let element = self.next_element(&iterable);
            let element = tell_apart(&generator.iter, &generator.target, element);
            let element = of_one_ending(generator.ifs.iter(), &generator.target, element);
            self.look_again(&generator.iter, &element);
            self.assign_item(&generator.target, &element, item, true);
            self.note_target(slot, &generator.target, item);
            for test in &generator.ifs {
                let value = self.eval(test);
                self.read(&value, true);
                self.guards.push(start..self.position());
            }
            self.guards.truncate(guards);
        }
    }

    /// `map(f, xs, …)`, whose function is called with an item of each.
    pub(super) fn map_call(&mut self, call: &'a ExprCall) -> Value {
        let head = self.position();
        let (function, iterables) = match &*call.arguments.args {
            [function, iterables @ ..] => (function, iterables),
            [] => return Value::unknown(),
        };
        let callee = self.eval(function);
        let values: Vec<Value> = iterables
            .iter()
            .map(|iterable| self.eval(iterable))
            .collect();
        let first = values.first().cloned().unwrap_or_default();
        let slot = self.open_loop(
            SiteKind::Map,
            LoopNode::Map { call, function },
            call.range(),
            &first,
        );
        let at = offset(call);
        self.fork();
        for (expr, value) in iterables.iter().zip(&values) {
            self.step(expr, value, head);
        }
        let items: Vec<Arg> = values
            .iter()
            .map(|value| self.map_item(value, at))
            .collect();
        if let Some(info) = slot.and_then(|slot| self.trace.loops.get_mut(slot)) {
            info.items.push(at);
        }
        let args = Args {
            positional: items,
            ..Args::default()
        };
        let start = self.position();
        self.line = self.line_of(call.start());
        let node = CallNode::MapFunction { function };
        let open = self.open_call(node, start, start, false, &callee, &args);
        let site = Site { at, node: None };
        let result = self.apply(&callee, &args, site);
        self.close_call(open);
        self.close_loop(slot);
        self.next_arm();
        self.join_arms();
        let from = result.from.clone();
        let mut made = self.outlive(result, TextRange::empty(call.start()));
        self.made_apart(&mut made, &[at]);
        iterator_of(made)
            .at(Path::of(Base::Alloc(at)))
            .derived(&from)
    }

    fn map_item(&mut self, iterable: &Value, at: u32) -> Arg {
        let element = self.next_element(iterable);
        // Of several iterables, one that never repeats an item will do.
        if element.apart.is_some() || !self.trace.apart.contains_key(&(at, 0)) {
            self.note_apart(&element, at, 0);
        }
        let item = item_value(&element, at, 0);
        self.trace
            .origins
            .entry(at)
            .or_default()
            .extend(element.paths);
        Arg {
            value: item,
            name: None,
        }
    }

    fn open_loop(
        &mut self,
        kind: SiteKind,
        node: LoopNode<'a>,
        range: TextRange,
        iterable: &Value,
    ) -> Option<usize> {
        if !self.recording {
            return None;
        }
        let at = self.position();
        self.trace.loops.push(LoopInfo {
            kind,
            node,
            range,
            stmt: self.stmt,
            parent: self.loops.last().copied(),
            body: at..at,
            items: Vec::new(),
            targets: Vec::new(),
            iterable: iterable.clone(),
            stopped_by: None,
        });
        let slot = self.trace.loops.len() - 1;
        self.loops.push(slot);
        Some(slot)
    }

    fn close_loop(&mut self, slot: Option<usize>) {
        let end = self.position();
        if let Some(slot) = slot {
            self.loops.pop();
            self.trace.loops[slot].body.end = end;
        }
    }

    fn note_target(&mut self, slot: Option<usize>, target: &'a Expr, item: u32) {
        let mut cells = Vec::new();
        self.target_cells(target, &mut cells);
        if let Some(info) = slot.and_then(|slot| self.trace.loops.get_mut(slot)) {
            info.items.push(item);
            info.targets.extend(cells);
        }
    }

    /// Going on to the next item, at every iteration.
    fn step(&mut self, iterable: &'a Expr, value: &Value, head: usize) {
        self.line = self.line_of(iterable.start());
        for path in self.live_paths(iterable, value) {
            self.emit(Act::Read {
                path: path.then(Field::Step),
                deep: false,
            });
        }
        if let Some(noun) = handle_noun(value) {
            self.change(value, &Change::Use(noun));
        }
        if self.recording && self.is_lazy(iterable) {
            let again: Vec<Event> = self.trace.events[head.min(self.trace.events.len())..]
                .iter()
                .filter(|event| {
                    !matches!(event.act, Act::Fork | Act::NextArm | Act::Join | Act::Leave)
                })
                .cloned()
                .collect();
            self.trace.events.extend(again);
        }
        self.call_special(value, "__next__", &[]);
        self.call_special(value, "__iter__", &[]);
    }

    /// Whether evaluating the iterable goes on while the loop runs: a generator of the project,
    /// or a wrapper of one that does not copy.
    fn is_lazy(&mut self, iterable: &'a Expr) -> bool {
        let Expr::Call(call) = iterable else {
            return iterable.is_generator_expr();
        };
        let callee = self.resolve(self.function, &call.func);
        let mut wraps = false;
        for kind in &callee.kinds {
            match kind {
                Kind::Func(id) | Kind::Method(id, _) if self.program.function(*id).is_generator => {
                    return true;
                }
                Kind::ExtName(name) => {
                    let returns = external(name).map(|row| row.returns);
                    wraps |= matches!(
                        returns,
                        Some(
                            Returns::Iterator(_)
                                | Returns::Zip
                                | Returns::Enumerate
                                | Returns::Chain
                                | Returns::Tuples(_)
                        )
                    );
                    wraps |= name == "map";
                }
                _ => {}
            }
        }
        wraps && call.arguments.args.iter().any(|arg| self.is_lazy(arg))
    }

    /// The paths of containers that are gone through while the loop runs, not copied before.
    fn live_paths(&mut self, iterable: &'a Expr, value: &Value) -> Vec<Path> {
        match iterable {
            Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) => {
                self.with_aliases(&value.paths)
            }
            Expr::Call(call) => {
                let wraps = match &*call.func {
                    Expr::Name(name) => matches!(
                        name.id.as_str(),
                        "zip" | "enumerate" | "reversed" | "iter" | "filter" | "map" | "tqdm"
                    ),
                    Expr::Attribute(attribute) if is_view(&attribute.attr) => {
                        let receiver = self.quietly(|walker| walker.eval(&attribute.value));
                        return self.with_aliases(&receiver.paths);
                    }
                    Expr::Attribute(attribute) => {
                        matches!(attribute.attr.as_str(), "islice" | "chain" | "tqdm")
                    }
                    _ => false,
                };
                if !wraps {
                    return Vec::new();
                }
                let mut paths = Vec::new();
                for arg in &call.arguments.args {
                    let value = self.quietly(|walker| walker.eval(arg));
                    paths.extend(self.live_paths(arg, &value));
                }
                paths
            }
            _ => Vec::new(),
        }
    }

    /// What the next item may be.
    fn next_element(&mut self, iterable: &Value) -> Value {
        for method in ["__iter__", "__getitem__"] {
            let index = [Value::plain()];
            let args: &[Value] = if method == "__iter__" { &[] } else { &index };
            if let Some(value) = self.quietly(|walker| walker.call_special(iterable, method, args))
            {
                return if method == "__iter__" {
                    element(&value)
                } else {
                    value
                };
            }
        }
        element(iterable)
    }
}
