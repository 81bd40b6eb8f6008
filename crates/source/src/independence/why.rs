//! Carriers in words.

use super::LoopView;
use crate::program::Program;
use crate::trace::{Cell, Change};
use crate::value::{Base, Field, FuncId, Index, Path, Sym, World};
use std::collections::HashMap;

/// The path as the program would write it.
pub(crate) fn path_text(view: &LoopView<'_, '_>, path: &Path) -> String {
    text(
        view.program,
        view.function,
        &view.trace.names,
        &view.trace.origins,
        path,
    )
}

/// The path as the code of `function` would write it.
pub(crate) fn text(
    program: &Program<'_>,
    function: FuncId,
    names: &HashMap<u32, Sym>,
    origins: &HashMap<u32, Vec<Path>>,
    path: &Path,
) -> String {
    let mut text = match &path.base {
        Base::Param(at) => program
            .function(function)
            .params
            .get(*at as usize)
            .map_or_else(|| "argument".to_owned(), |param| param.name.to_string()),
        Base::Alloc(at) => names
            .get(at)
            .map_or_else(|| "object".to_owned(), Sym::to_string),
        Base::Item(at) => match origins.get(at).and_then(|origins| origins.first()) {
            Some(origin) if !matches!(origin.base, Base::Item(_)) => {
                self::text(program, function, names, origins, origin)
            }
            _ => "item".to_owned(),
        },
        Base::Global(_, name) | Base::Free(_, name) => name.to_string(),
        Base::Default(callee, at) => program
            .function(*callee)
            .params
            .get(*at as usize)
            .map_or_else(String::new, |param| param.name.to_string()),
        Base::Class(class) => program.class(*class).name.to_string(),
        Base::World(world) => world_name(*world).to_owned(),
        Base::Elsewhere => "argument".to_owned(),
    };
    for field in &path.fields {
        match field {
            Field::Attr(name) => {
                text.push('.');
                text.push_str(name);
            }
            Field::At(Index::Literal(literal)) => text.push_str(&format!("[{literal}]")),
            Field::At(Index::Names(_)) | Field::Elem | Field::Step => {}
        }
    }
    text
}

pub(super) fn world_name(world: World) -> &'static str {
    match world {
        World::Random => "random",
        World::NumpyRandom => "numpy.random",
        World::Stdout => "print",
        World::Stdin => "input",
        World::Environment => "os.environ",
        World::WorkingDirectory => "working directory",
        World::Signals => "signal",
        World::Figure => "current figure",
        World::Settings => "settings",
    }
}

pub(super) fn global_written(cell: &Cell) -> String {
    match cell {
        Cell::Free(..) => "every task sets this variable of the enclosing function".to_owned(),
        _ => "every task sets this module-level name".to_owned(),
    }
}

/// Why a change of a shared object by the task stands in the way.
pub(super) fn changed(program: &Program<'_>, path: &Path, how: &Change, memo: bool) -> String {
    if let Base::World(world) = path.base {
        return world_changed(world).to_owned();
    }
    if let Base::Default(function, _) = path.base {
        return format!(
            "it is the default argument of `{}`, one object for all calls, and every task changes it",
            program.function(function).name
        );
    }
    if memo {
        return "it is a memo cache that the calls share: each uses what the ones before it found, and processes would not share it".to_owned();
    }
    match how {
        Change::Use(noun) => format!("all tasks would use {noun} together"),
        Change::Rebind => "every task sets this attribute of an object that all share".to_owned(),
        Change::Item => "every task sets elements of an object that all share".to_owned(),
        Change::Adds => {
            "every task adds to an object that all share, so the order would differ".to_owned()
        }
        Change::Method(name) => {
            format!("every task calls `{name}` on it, which changes it, and all share it")
        }
    }
}

fn world_changed(world: World) -> &'static str {
    match world {
        World::Random => {
            "every task draws from the random module's one generator, so the order of the draws decides the result"
        }
        World::NumpyRandom => {
            "every task draws from numpy's one generator, so the order of the draws decides the result"
        }
        World::Stdout => "what is printed inside the task would come out in another order",
        World::Stdin => "every task reads the standard input, which comes in one order",
        World::Environment => "every task changes the environment of the whole process",
        World::WorkingDirectory => "every task changes the working directory of the whole process",
        World::Signals => "every task sends or handles signals, which concern the whole process",
        World::Figure => "every task draws on the plotting library's current figure",
        World::Settings => "every task changes settings of the whole process",
    }
}
