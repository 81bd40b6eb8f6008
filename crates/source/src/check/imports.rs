//! The modules that a file imports, wherever the statement stands.

use super::model::Model;
use super::scope::{Binding, ScopeId};
use super::tree::NodeId;
use crate::knowledge::functions::module;
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

    /// The first package that the import of this file imports and that does not load in
    /// subinterpreters.
    pub fn refused_by_subinterpreters(&self) -> Option<&'a str> {
        let top = ScopeId(0);
        let names = self.scopes.names(top);
        let bindings = names.flat_map(|name| self.scopes.bindings(top, name));
        let refused = bindings.filter_map(|(node, binding)| {
            let name = match binding {
                Binding::Import { module, .. } => *module,
                Binding::ImportFrom { import, .. } if import.level == 0 => {
                    import.module.as_ref()?.as_str()
                }
                _ => return None,
            };
            let refused = module(name).is_some_and(|row| row.subinterpreters == "no");
            let at_import = || {
                self.is_module_level(*node)
                    && !self.is_guarded(*node)
                    && !self.is_for_type_checkers(*node)
            };
            let package = name.split('.').next().unwrap_or(name);
            (refused && at_import()).then_some((*node, package))
        });
        refused
            .min_by_key(|(node, _)| *node)
            .map(|(_, package)| package)
    }
}

fn imported(node: NodeId, first: &str, module: String) -> Imported<'_> {
    Imported {
        node,
        module,
        package: first.split('.').next().unwrap_or(first),
    }
}
