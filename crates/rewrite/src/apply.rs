//! Making edits in a text.

use rightlane_facts::Edit;

/// The text with the edits made.
///
/// # Errors
/// A sentence, if an edit does not fit the text or overlaps another.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, String> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    // A stable sort: insertions at one place stay in their order.
    ordered.sort_by_key(|edit| edit.start);
    Edit::apply(text, ordered).ok_or_else(|| "the edits do not fit the text".to_owned())
}
