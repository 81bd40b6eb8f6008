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
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in ordered {
        let (start, end) = (edit.start as usize, edit.end as usize);
        let kept = text
            .get(at..start)
            .filter(|_| start <= end && text.is_char_boundary(end));
        let Some(kept) = kept else {
            return Err("the edits do not fit the text".to_owned());
        };
        out.push_str(kept);
        out.push_str(&edit.text);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    Ok(out)
}
