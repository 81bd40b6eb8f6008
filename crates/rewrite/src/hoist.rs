//! A pool that is opened around a statement, for what is written inside it.

use crate::lanes::Opening;
use crate::place::{line_end, moved};
use crate::sheet::Sheet;
use rightlane_source::syntax::ast::Stmt;
use rightlane_source::syntax::{Ranged, TextRange};

/// Puts whole statements into a `with` that opens the pool; stretches of it, already written at their new
/// depth, are replaced.
pub(crate) fn open_around(
    sheet: &mut Sheet<'_>,
    range: TextRange,
    opening: &Opening,
    replacements: &[(TextRange, String)],
) {
    let indent = sheet.indent_at(range.start());
    let inner = format!("{indent}{}", sheet.unit);
    let text = moved(sheet.file, range, replacements, &indent, &inner);
    sheet.replace(
        range,
        format!("with {} as {}:\n{inner}{text}", opening.expr, opening.name),
    );
}

/// A statement, to the end of its last line.
pub(crate) fn whole(sheet: &Sheet<'_>, stmt: &Stmt) -> TextRange {
    TextRange::new(stmt.start(), line_end(sheet.file, stmt.end()))
}
