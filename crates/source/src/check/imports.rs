//! The modules that a file imports, wherever the statement stands.

use super::model::Model;
use super::tree::NodeId;
use ruff_python_ast::AnyNodeRef;

/// One module that an import statement names.
pub(crate) struct Imported<'a> {
    /// The statement.
    pub node: NodeId,
    /// `package.module`; of `from package import name` with the name, which may be a module.
    pub module: String,
    /// The package that it belongs to.
    pub package: &'a str,
}

impl<'a> Model<'a> {
    /// The modules that the file imports by their full names, in source order, without those that only
    /// type checkers see. It goes over the whole file: ask something cheaper first.
    pub fn imported_modules(&self) -> Vec<Imported<'a>> {
        let mut found = Vec::new();
        for node in self.tree.within(NodeId(0)) {
            match self.tree.node(node) {
                AnyNodeRef::StmtImport(import) => {
                    let names = import.names.iter().map(|alias| alias.name.as_str());
                    found.extend(names.map(|name| imported(node, name, name.to_owned())));
                }
                AnyNodeRef::StmtImportFrom(import) if import.level == 0 => {
                    let Some(from) = &import.module else { continue };
                    let names = import.names.iter();
                    let full = names.map(|alias| format!("{from}.{}", alias.name));
                    found.extend(full.map(|full| imported(node, from.as_str(), full)));
                }
                _ => {}
            }
        }
        found.retain(|import| !self.is_for_type_checkers(import.node));
        found
    }
}

fn imported(node: NodeId, first: &str, module: String) -> Imported<'_> {
    Imported {
        node,
        module,
        package: first.split('.').next().unwrap_or(first),
    }
}
