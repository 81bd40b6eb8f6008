//! Effects, in the vocabulary of the facts.

use crate::independence::{LoopView, Sharing, path_text};
use crate::knowledge::FileUse;
use crate::trace::{Act, Cell, Event};
use crate::value::{Base, Field, Path, Source, World};
use rightlane_facts::{Effect, EffectKind, Place};
use std::ops::Range;

/// Most effects listed of one stretch of code.
const MOST_EFFECTS: usize = 24;

/// The effects of a stretch of events, each kind and place once.
pub(crate) fn effects(view: &LoopView<'_, '_>, range: Range<usize>) -> Vec<Effect> {
    let mut found: Vec<Effect> = Vec::new();
    for at in range {
        let event = &view.trace.events[at];
        for (kind, detail) in of_event(view, event) {
            let place = Place {
                file: view.program.module(event.module).shown.clone(),
                line: event.line,
            };
            let same =
                |held: &Effect| held.kind == kind && (held.place == place || held.detail == detail);
            if found.len() < MOST_EFFECTS && !found.iter().any(same) {
                found.push(Effect {
                    kind,
                    place,
                    detail,
                });
            }
        }
    }
    found
}

fn of_event(view: &LoopView<'_, '_>, event: &Event) -> Vec<(EffectKind, String)> {
    match &event.act {
        Act::WriteCell {
            cell: Cell::Global(module, name),
            ..
        } => {
            let own = view.program.function(view.function).module == *module && view.is_own(event);
            if own {
                Vec::new()
            } else {
                vec![(
                    EffectKind::WritesGlobal,
                    format!("sets the module-level name `{name}`"),
                )]
            }
        }
        Act::WriteCell {
            cell: Cell::Free(_, name),
            ..
        } => {
            vec![(
                EffectKind::WritesClosure,
                format!("sets `{name}` of the enclosing function"),
            )]
        }
        Act::Change { path, .. } => view
            .resolved(path)
            .iter()
            .filter_map(|path| of_change(view, event, path))
            .collect(),
        Act::File {
            usage,
            from,
            literal,
            ..
        } => of_file(view, *usage, from, literal.as_deref())
            .into_iter()
            .collect(),
        Act::Does(kind, detail) => vec![(*kind, (*detail).to_owned())],
        _ => Vec::new(),
    }
}

fn of_change(view: &LoopView<'_, '_>, event: &Event, path: &Path) -> Option<(EffectKind, String)> {
    if let Base::World(world) = path.base {
        return Some(of_world(world));
    }
    let name = path_text(view, path);
    let sharing = view.sharing(path);
    let kind = match &path.base {
        Base::Global(..) | Base::Class(_) => EffectKind::WritesGlobal,
        Base::Free(..) => EffectKind::WritesClosure,
        _ if sharing == Sharing::Own => return None,
        _ if path
            .fields
            .iter()
            .any(|field| matches!(field, Field::Attr(_))) =>
        {
            EffectKind::WritesAttribute
        }
        // What the loop's own text does to the function's own objects is no effect of the task.
        _ if view.is_own(event) && sharing != Sharing::Item => return None,
        _ => EffectKind::WritesArgument,
    };
    Some((kind, format!("changes `{name}`")))
}

fn of_world(world: World) -> (EffectKind, String) {
    let (kind, detail) = match world {
        World::Random => (
            EffectKind::RandomState,
            "draws from the random module's generator",
        ),
        World::NumpyRandom => (EffectKind::RandomState, "draws from numpy's generator"),
        World::Stdout => (EffectKind::Prints, "prints"),
        World::Stdin => (EffectKind::ReadsInput, "reads the standard input"),
        World::Environment => (EffectKind::Environment, "changes the environment"),
        World::WorkingDirectory => (
            EffectKind::WorkingDirectory,
            "changes the working directory",
        ),
        World::Signals => (EffectKind::Signal, "sends or handles signals"),
        World::Figure => (EffectKind::WritesGlobal, "draws on the current figure"),
        World::Settings => (
            EffectKind::WritesGlobal,
            "changes settings of the whole process",
        ),
    };
    (kind, detail.to_owned())
}

fn of_file(
    view: &LoopView<'_, '_>,
    usage: FileUse,
    from: &[Source],
    literal: Option<&str>,
) -> Option<(EffectKind, String)> {
    let (kind, verb) = match usage {
        FileUse::Read => (EffectKind::ReadsFile, "reads"),
        FileUse::Write => (EffectKind::WritesFile, "writes"),
        FileUse::Fill => {
            return Some((
                EffectKind::WritesFile,
                "puts files into a folder".to_owned(),
            ));
        }
        FileUse::Delete => (EffectKind::DeletesFile, "deletes"),
        FileUse::MakeDirectory => {
            return Some((EffectKind::WritesFile, "makes a directory".to_owned()));
        }
        FileUse::Temporary => {
            return Some((
                EffectKind::WritesFile,
                "writes a temporary file of its own".to_owned(),
            ));
        }
    };
    let varies = view.varies(from);
    let detail = match (varies, literal) {
        (true, _) => format!("{verb} a file whose name depends on the item"),
        (false, Some(name)) => format!("{verb} the file '{name}' each time"),
        (false, None) => format!("{verb} the same file each time"),
    };
    Some((kind, detail))
}
