//! Coroutines that wait by themselves.

use super::{Lane, Opening};
use crate::sheet::Sheet;
use crate::tasks::Tasks;

pub(super) struct Native;

impl Lane for Native {
    fn results(&self, _: &mut Sheet<'_>, tasks: &Tasks, _: Option<&Opening>) -> String {
        // The function stands for all tasks: see `coroutines`.
        tasks.function.clone()
    }

    fn gathers(&self) -> bool {
        true
    }
}
