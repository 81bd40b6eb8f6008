//! Whether one statement needs another.

use crate::independence::{LoopView, path_text};
use crate::knowledge::FileUse;
use crate::trace::{Act, Cell, Change, StmtInfo};
use crate::value::{Base, Field, Path, Sym, World};
use rightlane_facts::{DependencyKind, EffectKind};
use std::collections::BTreeSet;

/// What a statement reads and changes.
#[derive(Debug, Default)]
pub(crate) struct Touches {
    reads: Vec<Cell>,
    writes: Vec<Cell>,
    looks: Vec<(Path, bool)>,
    changes: Vec<(Path, Change)>,
    /// Whether it reads, writes or deletes files, directly or by another program.
    reads_files: bool,
    writes_files: bool,
    uses_database: bool,
    /// Calls outside code of which nothing is known: it might use files.
    unlisted: bool,
    /// Something in it cannot be followed.
    doubtful: bool,
}

/// Gathers what a statement does from its events.
pub(crate) fn touches(view: &LoopView<'_, '_>, stmt: &StmtInfo<'_>) -> Touches {
    let mut touches = Touches::default();
    for event in &view.trace.events[stmt.events.clone()] {
        match &event.act {
            Act::ReadCell(cell) => push(&mut touches.reads, cell.clone()),
            Act::WriteCell { cell, .. } => push(&mut touches.writes, cell.clone()),
            Act::Read { path, deep } => view
                .resolved(path)
                .into_iter()
                .for_each(|path| push(&mut touches.looks, (path, *deep))),
            Act::Change { path, how } => view
                .resolved(path)
                .into_iter()
                .for_each(|path| push(&mut touches.changes, (path, how.clone()))),
            Act::File {
                usage: FileUse::Read,
                ..
            } => touches.reads_files = true,
            Act::File {
                usage: FileUse::Write | FileUse::Fill | FileUse::Delete | FileUse::MakeDirectory,
                ..
            } => touches.writes_files = true,
            Act::Does(EffectKind::ChildProcess, _) => {
                (touches.reads_files, touches.writes_files) = (true, true)
            }
            Act::Unlisted => touches.unlisted = true,
            Act::Does(EffectKind::Database, _) => touches.uses_database = true,
            Act::Doubt {
                path: Some(path), ..
            } => {
                view.resolved(path).into_iter().for_each(|path| {
                    push(&mut touches.changes, (path, Change::Method(Sym::new("?"))))
                });
            }
            Act::Doubt { path: None, .. } | Act::CallParam { known: false, .. } => {
                touches.doubtful = true
            }
            _ => {}
        }
    }
    touches
}

fn push<T: PartialEq>(held: &mut Vec<T>, new: T) {
    if held.len() < 400 && !held.contains(&new) {
        held.push(new);
    }
}

impl Touches {
    pub fn read_names(&self, view: &LoopView<'_, '_>) -> Vec<String> {
        let cells = self
            .reads
            .iter()
            .filter(|cell| !matches!(cell, Cell::Comprehension(..)))
            .map(|cell| cell.name().to_string());
        let objects = self
            .looks
            .iter()
            .filter(|(path, _)| is_named(path))
            .map(|(path, _)| head_text(view, path));
        cells
            .chain(objects)
            .filter(|name| name != "object")
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    pub fn written_names(&self, view: &LoopView<'_, '_>) -> Vec<String> {
        let cells = self
            .writes
            .iter()
            .filter(|cell| !matches!(cell, Cell::Comprehension(..)))
            .map(|cell| cell.name().to_string());
        let objects = self
            .changes
            .iter()
            .filter(|(path, _)| is_named(path))
            .map(|(path, _)| head_text(view, path));
        cells
            .chain(objects)
            .filter(|name| name != "object")
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }
}

fn is_named(path: &Path) -> bool {
    !matches!(path.base, Base::World(_) | Base::Item(_) | Base::Elsewhere)
}

fn head_text(view: &LoopView<'_, '_>, path: &Path) -> String {
    path_text(view, &Path::of(path.base.clone()))
}

/// Whether `later` needs `earlier`, how, and by which name.
pub(crate) fn depend(
    view: &LoopView<'_, '_>,
    earlier: &Touches,
    later: &Touches,
) -> Option<(DependencyKind, String)> {
    by_variable(earlier, later)
        .or_else(|| by_object(view, earlier, later))
        .or_else(|| by_outside(earlier, later))
}

fn by_variable(earlier: &Touches, later: &Touches) -> Option<(DependencyKind, String)> {
    let value = |cell: &Cell| (DependencyKind::Value, cell.name().to_string());
    let flows = earlier
        .writes
        .iter()
        .find(|cell| later.reads.contains(cell) || later.writes.contains(cell));
    // A later statement may also set what an earlier one still has to read.
    let overwrites = || {
        later
            .writes
            .iter()
            .find(|cell| earlier.reads.contains(cell))
    };
    flows.or_else(overwrites).map(value)
}

fn by_object(
    view: &LoopView<'_, '_>,
    earlier: &Touches,
    later: &Touches,
) -> Option<(DependencyKind, String)> {
    let mut stream = None;
    for (changed, how) in &earlier.changes {
        let read = later
            .looks
            .iter()
            .filter(|(path, _)| view.may_meet(path, changed));
        let touched = later
            .changes
            .iter()
            .any(|(path, _)| view.may_meet(path, changed));
        let mut needed = touched;
        let mut gone_through = false;
        for (path, deep) in read {
            if path.fields.get(changed.fields.len()) == Some(&Field::Step) {
                gone_through = true;
            } else if *deep && path.fields.len() <= changed.fields.len() {
                needed = true;
            } else if path.fields.len() > changed.fields.len() && !gone_through {
                // An element, which may be one delivered so far.
                needed |= !matches!(path.fields.get(changed.fields.len()), Some(Field::Elem));
            }
        }
        let name = path_text(view, changed);
        let adds = *how == Change::Adds || matches!(how, Change::Method(method) if method == "put");
        if needed || (gone_through && !adds) {
            return Some((DependencyKind::Value, name));
        }
        if gone_through {
            stream.get_or_insert((DependencyKind::Stream, name));
        }
    }
    let overwrites = || {
        let changed = later.changes.iter().find(|(path, how)| {
            earlier
                .looks
                .iter()
                .any(|(read, deep)| view.may_meet(read, path) && (*deep || *how == Change::Rebind))
        });
        changed.map(|(path, _)| (DependencyKind::Value, path_text(view, path)))
    };
    stream.or_else(overwrites)
}

/// Through files, a database, the terminal or state of the process.
fn by_outside(earlier: &Touches, later: &Touches) -> Option<(DependencyKind, String)> {
    let value = |name: &str| Some((DependencyKind::Value, name.to_owned()));
    if earlier.writes_files && (later.reads_files || later.writes_files)
        || earlier.reads_files && later.writes_files
    {
        return value("files");
    }
    if let Some(name) = through_unknown_code(earlier, later) {
        return value(&name);
    }
    if earlier.uses_database && later.uses_database {
        return value("database");
    }
    if earlier.doubtful && later.doubtful {
        return value("?");
    }
    let ordered = |touches: &Touches, world: World| {
        touches
            .changes
            .iter()
            .any(|(path, _)| path.base == Base::World(world))
    };
    [
        (World::Stdout, "print"),
        (World::Random, "random"),
        (World::NumpyRandom, "numpy.random"),
        (World::Stdin, "input"),
        (World::WorkingDirectory, "working directory"),
        (World::Environment, "os.environ"),
    ]
    .into_iter()
    .find(|(world, _)| {
        ordered(earlier, *world) && (ordered(later, *world) || *world == World::WorkingDirectory)
    })
    .and_then(|(_, name)| value(name))
}

/// Unknown code may write what a later statement reads: likely if both are given the same value
/// (a folder, a file's name).
fn through_unknown_code(earlier: &Touches, later: &Touches) -> Option<String> {
    let writes = earlier.unlisted && (later.reads_files || later.writes_files || later.unlisted);
    let reads = earlier.writes_files && later.unlisted;
    if !writes && !reads {
        return None;
    }
    earlier
        .reads
        .iter()
        .find(|cell| later.reads.contains(cell))
        .map(|cell| cell.name().to_string())
}
