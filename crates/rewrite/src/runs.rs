//! Runs of independent calls.

use crate::outcome::Outcome;
use crate::request::Request;
use crate::sheet::Sheet;

/// The run's edit.
///
/// # Errors
/// Why there is none, as a sentence.
pub(crate) fn rewrite(_: &mut Sheet<'_>, _: &Request<'_>, _: &[Vec<usize>]) -> Result<Outcome, String> {
    Err("a run of calls".to_owned())
}
