//! Where definitions stand in the text.

use super::names::Names;
use rightlane_source::syntax::ast::StmtFunctionDef;
use rightlane_source::syntax::{NodeId, Ranged, TextRange, TextSize, Tree};

/// A definition with all of its lines.
pub(super) fn lines_of(names: &Names<'_, '_>, def: &StmtFunctionDef) -> TextRange {
    let start = names.file.line_start(names.file.line(def.start()));
    TextRange::new(start, line_end(names, def.end()))
}

/// The end of the line that a place is in, without its line break.
pub(super) fn line_end(names: &Names<'_, '_>, place: TextSize) -> TextSize {
    crate::place::line_end(names.file, place)
}

/// The statement of the module that a node stands in.
pub(super) fn module_statement(names: &Names<'_, '_>, id: NodeId) -> TextRange {
    let tree = &names.view.tree;
    let mut around = std::iter::once(id).chain(tree.ancestors(id));
    let top = around.find(|id| tree.parent(*id) == Some(NodeId(0)));
    tree.range(top.unwrap_or(id))
}

/// Whether a definition stands in the module itself.
pub(super) fn is_top_level(names: &Names<'_, '_>, def: &StmtFunctionDef) -> bool {
    names.view.tree.parent(Tree::id(def)) == Some(NodeId(0))
}
