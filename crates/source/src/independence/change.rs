//! What to change in a program so that a name no longer carries state from one iteration to the next.

use super::why::world_name;
use crate::trace::{Act, Cell, Change, Event};
use crate::value::{Base, Path, World};

/// What to change about the act that stands in the way; `name` is what it is called in the program.
/// `None` where there is nothing to say but to look at it: what is not known cannot be mended.
pub(super) fn of(event: &Event, name: &str) -> Option<String> {
    match &event.act {
        Act::WriteCell { cell, adds } => Some(written(cell, *adds, name)),
        Act::Change { path, how } => changed(path, how, name),
        Act::Read { .. } | Act::ReadCell(_) => Some(format!(
            "compute what does not need `{name}` for all items first, and leave the rest in order"
        )),
        Act::File { .. } => Some(
            "name each file after its own item alone, by something that no other item has"
                .to_owned(),
        ),
        Act::Child { .. } => {
            Some("give each child process files and a folder of its own".to_owned())
        }
        Act::Stores { .. } => Some(
            "return the rows from the tasks, and store them in the loop over one connection"
                .to_owned(),
        ),
        Act::Sends { .. } => Some("open a connection of its own in each task or worker".to_owned()),
        Act::Deadline { .. } => {
            Some("give each task a limit of its own (a timeout), counted from its start".to_owned())
        }
        _ => None,
    }
}

fn written(cell: &Cell, adds: bool, name: &str) -> String {
    match (cell, adds) {
        (Cell::Global(..) | Cell::Free(..), true) => {
            format!("return what is added to `{name}`, and add it up in the loop over the results")
        }
        (Cell::Global(..) | Cell::Free(..), false) => {
            format!("return the new `{name}` from the task instead of setting it there")
        }
        _ => format!(
            "compute what does not need the `{name}` of the iteration before for all items first, and leave the rest in order"
        ),
    }
}

fn changed(path: &Path, how: &Change, name: &str) -> Option<String> {
    if let Base::World(world) = path.base {
        return Some(of_process(world));
    }
    if let Base::Default(..) = path.base {
        return Some(format!(
            "make `{name}` in the function: a default of `None`, and `if {name} is None: …`"
        ));
    }
    Some(match how {
        Change::Use(_) => format!("open one for each task inside it, instead of sharing `{name}`"),
        Change::Adds => {
            format!("return it from the task, and add it to `{name}` in the loop over the results")
        }
        Change::Item | Change::Rebind => {
            format!("return it from the task, and set it in `{name}` in the loop over the results")
        }
        Change::Method(method) => {
            format!("return what the task found, and call `{method}` in the loop over the results")
        }
    })
}

/// What concerns the process as a whole.
fn of_process(world: World) -> String {
    match world {
        World::Random => {
            "give each item a generator of its own: `random.Random(seed + number)`".to_owned()
        }
        World::NumpyRandom => {
            "give each item a generator of its own: `numpy.random.default_rng(seed).spawn(count)`"
                .to_owned()
        }
        World::Stdout => {
            "return the text from the task, and print it in the loop over the results".to_owned()
        }
        World::Stdin => "read the input before the loop, and give each task its part".to_owned(),
        World::Environment => {
            "give the setting as an argument, or to a child process by `env=`".to_owned()
        }
        World::WorkingDirectory => "use absolute paths, or `cwd=` of a child process".to_owned(),
        World::Figure => {
            "make a figure in each task: `figure, axes = plt.subplots()`, and use its methods"
                .to_owned()
        }
        World::Signals | World::Settings => format!(
            "leave {} to the main program, outside of the tasks",
            world_name(world)
        ),
    }
}
