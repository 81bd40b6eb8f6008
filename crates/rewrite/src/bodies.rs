//! Loops whose whole body is the task.

use crate::lanes::Lane;
use crate::outcome::Outcome;
use crate::sheet::Sheet;
use rightlane_source::syntax::NodeId;

/// The loop's edit.
///
/// # Errors
/// Why there is none, as a sentence.
pub(crate) fn rewrite(_: &mut Sheet<'_>, _: &dyn Lane, _: NodeId) -> Result<Outcome, String> {
    Err("the whole body of the loop would be the task".to_owned())
}
