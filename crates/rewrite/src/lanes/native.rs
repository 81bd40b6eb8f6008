//! Coroutines that wait by themselves.

use super::{Lane, Opening};
use crate::sheet::Sheet;
use crate::tasks::{Arguments, Tasks};

pub(super) struct Native;

impl Lane for Native {
    fn opening(&self, _: &mut Sheet<'_>) -> Option<Opening> {
        None
    }

    fn results(&self, _: &mut Sheet<'_>, tasks: &Tasks, _: Option<&Opening>) -> String {
        // The function stands for all tasks: see `coroutines`.
        tasks.function.clone()
    }

    fn submit(&self, _: &Opening, _: &str, _: &Arguments) -> Option<String> {
        None
    }

    fn result(&self, handle: &str) -> String {
        format!("{handle}.result()")
    }

    fn copies(&self) -> bool {
        false
    }

    fn needs_guard(&self) -> bool {
        false
    }

    fn gathers(&self) -> bool {
        true
    }
}
