//! What has to cross to a worker process, and what may not.

use crate::facts::Facts;
use crate::independence::LoopView;
use crate::knowledge::{Sharing, type_facts};
use crate::program::{Code, Program};
use crate::trace::{Act, CallInfo, Cell};
use crate::value::{Base, FuncId, Kind, Sym, Value};
use rightlane_facts::{Answer, Crossing};
use std::collections::BTreeSet;
use std::ops::Range;

/// Module-level names that change while the program runs, by module and name.
pub(crate) type Stale = BTreeSet<(u32, String)>;

/// What crosses when the call is the task.
pub(crate) fn of_call(
    view: &LoopView<'_, '_>,
    facts: &mut Facts,
    stale: &Stale,
    call: &CallInfo<'_>,
) -> Crossing {
    let captured = captured(view, [call.args.clone(), call.body.clone()]);
    let mut crossing = Crossing {
        importable: importable(view.program, &call.callee),
        doubts: Vec::new(),
        stale_globals: stale_globals(view, stale, call.body.clone()),
        captured,
    };
    add_doubts(view, facts, &call.callee, &mut crossing.doubts);
    let receivers = call.callee.kinds.iter().filter_map(|kind| match kind {
        Kind::Method(_, receiver) | Kind::Bound(receiver, _) => Some(&**receiver),
        _ => None,
    });
    for value in call.arg_values.iter().chain(receivers) {
        add_doubts(view, facts, value, &mut crossing.doubts);
    }
    of_callee(view, &call.callee, &mut crossing.doubts);
    crossing
}

/// What crosses when the whole body is the task.
pub(crate) fn of_body(view: &LoopView<'_, '_>, facts: &mut Facts, stale: &Stale) -> Crossing {
    let body = view.info.body.clone();
    let captured = captured(view, [body.clone()]);
    let mut crossing = Crossing {
        importable: Answer::Yes,
        doubts: Vec::new(),
        stale_globals: stale_globals(view, stale, body),
        captured,
    };
    for name in crossing.captured.clone() {
        let value = facts.lookup(view.function, &Sym::new(&name));
        add_doubts(view, facts, &value, &mut crossing.doubts);
        if importable(view.program, &value) == Answer::No {
            crossing.importable = Answer::No;
        }
    }
    crossing
}

/// Names of the enclosing function which the events read, without the loop's own.
fn captured<const N: usize>(view: &LoopView<'_, '_>, ranges: [Range<usize>; N]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for at in ranges.into_iter().flatten() {
        let Act::ReadCell(cell @ (Cell::Local(_) | Cell::Free(..))) = &view.trace.events[at].act
        else {
            continue;
        };
        let name = cell.name().to_string();
        if !view.written.contains(cell) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether another process can find the callee by its name.
pub(crate) fn importable(program: &Program<'_>, callee: &Value) -> Answer {
    let mut answer = if callee.is_unknown() {
        Answer::Unknown
    } else {
        Answer::Yes
    };
    for kind in &callee.kinds {
        let found = match kind {
            Kind::Func(id) | Kind::Method(id, _) => of_function(program, *id),
            Kind::Class(class) => {
                if program.class(*class).owner.is_some() {
                    Answer::No
                } else {
                    Answer::Yes
                }
            }
            Kind::ExtName(_)
            | Kind::Plain
            | Kind::Seq(_)
            | Kind::Map(_)
            | Kind::Tuple(_)
            | Kind::Ext(_)
            | Kind::Module(_) => Answer::Yes,
            Kind::Instance(class) => {
                if program.class(*class).owner.is_some() {
                    Answer::No
                } else {
                    Answer::Yes
                }
            }
            Kind::Partial(inner, _) => importable(program, inner),
            Kind::Bound(..) => Answer::Unknown,
        };
        answer = match (answer, found) {
            (Answer::No, _) | (_, Answer::No) => Answer::No,
            (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
            _ => Answer::Yes,
        };
    }
    answer
}

fn of_function(program: &Program<'_>, id: FuncId) -> Answer {
    let function = program.function(id);
    match function.code {
        Code::Lambda(_) => Answer::No,
        _ if function.owner.is_some() => Answer::No,
        _ => Answer::Yes,
    }
}

/// Things in the value that do not cross, or not as the same thing.
fn add_doubts(view: &LoopView<'_, '_>, facts: &Facts, value: &Value, doubts: &mut Vec<String>) {
    let name = value
        .paths
        .first()
        .map(|path| crate::independence::path_text(view, path));
    let name = name.map_or_else(|| "an argument".to_owned(), |name| format!("`{name}`"));
    for kind in &value.kinds {
        let doubt = match kind {
            Kind::Ext(of) => of_type(of).map(|why| format!("{name} is {why}")),
            Kind::Func(id) if of_function(view.program, *id) == Answer::No => {
                let what = if view.program.function(*id).name == "<lambda>" {
                    "a lambda"
                } else {
                    "a function defined inside another"
                };
                Some(format!("{what} cannot be sent to another process"))
            }
            Kind::Instance(class) => of_instance(facts, *class, &name),
            _ => None,
        };
        if let Some(doubt) = doubt.filter(|doubt| !doubts.contains(doubt)) {
            doubts.push(doubt);
        }
    }
}

fn of_type(of: &Sym) -> Option<String> {
    let known = type_facts(of)?;
    // Generators of random numbers can be sent; each process then draws the same numbers.
    if matches!(of.as_str(), "random.Random" | "numpy.Generator") {
        return Some(format!(
            "{}, and every process would draw the same numbers from its copy",
            known.noun
        ));
    }
    match known.sharing {
        Sharing::Handle | Sharing::Lock | Sharing::Worker => Some(format!(
            "{}, which cannot be sent to another process",
            known.noun
        )),
        Sharing::Session => Some(format!(
            "{}, of which every process needs one of its own",
            known.noun
        )),
        Sharing::Pure | Sharing::Value | Sharing::Process => None,
    }
}

/// An object of a project class that holds such a thing.
fn of_instance(facts: &Facts, class: crate::value::ClassId, name: &str) -> Option<String> {
    let mut held: Vec<(&Sym, &Value)> = facts
        .attributes
        .iter()
        .filter(|((of, _), _)| *of == class)
        .map(|((_, attribute), value)| (attribute, value))
        .collect();
    held.sort_by_key(|(attribute, _)| (*attribute).clone());
    held.into_iter().find_map(|(attribute, value)| {
        let why = value.kinds.iter().find_map(|kind| match kind {
            Kind::Ext(of) => of_type(of),
            _ => None,
        })?;
        Some(format!("{name} holds `{attribute}`, {why}"))
    })
}

/// A function that remembers its results remembers them in each process by itself; a generator
/// does its work only when somebody goes through it.
fn of_callee(view: &LoopView<'_, '_>, callee: &Value, doubts: &mut Vec<String>) {
    for kind in &callee.kinds {
        let (Kind::Func(id) | Kind::Method(id, _)) = kind else {
            continue;
        };
        if view.program.function(*id).is_generator {
            doubts.push(format!(
                "`{}` returns a generator, which cannot be sent to another process",
                view.program.function(*id).name
            ));
        }
        let remembers = ["lru_cache", "cache", "memoize"]
            .iter()
            .any(|name| view.program.has_decorator(*id, name));
        if remembers {
            doubts.push(format!(
                "`{}` remembers its results; each process would remember its own",
                view.program.function(*id).name
            ));
        }
    }
}

fn stale_globals(view: &LoopView<'_, '_>, stale: &Stale, range: Range<usize>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for event in &view.trace.events[range] {
        let (module, name) = match &event.act {
            Act::ReadCell(Cell::Global(module, name)) => (module, name),
            Act::Read { path, .. } => match &path.base {
                Base::Global(module, name) => (module, name),
                _ => continue,
            },
            _ => continue,
        };
        if stale.contains(&(module.0, name.to_string()))
            && !names.iter().any(|held| held == name.as_str())
        {
            names.push(name.to_string());
        }
    }
    names
}
