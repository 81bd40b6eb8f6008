//! What is known of code outside the project, as tables.

mod externals;
pub(crate) mod functions;
mod methods;
mod modules;
mod programs;
mod sql;
mod types;

pub(crate) use externals::{
    Cost, Does, External, FileUse, PathFrom, Returns, external, external_method, has_own_line,
};
pub(crate) use methods::{Verb, accumulates, changes_container, is_accessor, is_view, verb};
pub(crate) use modules::is_known;
pub(crate) use programs::{Writes, program};
pub(crate) use sql::only_reads;
pub(crate) use types::{Sharing, type_facts};
