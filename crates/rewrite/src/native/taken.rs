//! Names that are free.

use super::names::Names;
use super::plan::Plan;
use rightlane_source::syntax::ast::AnyNodeRef;
use rightlane_source::syntax::{NodeId, ScopeId};
use std::collections::BTreeSet;

/// Names that are in use.
pub(super) struct Taken<'a>(BTreeSet<&'a str>);

impl<'a> Taken<'a> {
    /// Those that stand anywhere in a file.
    pub fn of_file(names: &Names<'_, 'a>) -> Self {
        let mut taken = Self(BTreeSet::new());
        taken.add(names, NodeId(0));
        let scopes = &names.view.scopes;
        taken.0.extend(scopes.ids().flat_map(|id| scopes.names(id)));
        taken
    }

    /// Those that mean something within the functions that get a twin.
    pub fn of_twins(names: &Names<'_, 'a>, plan: &Plan<'a>) -> Self {
        let mut taken = Self(names.view.scopes.names(ScopeId(0)).collect());
        for (id, _) in plan.written() {
            taken.add(names, id);
        }
        taken
    }

    /// Another one.
    pub fn insert(&mut self, name: &'a str) {
        self.0.insert(name);
    }

    /// Whether a name is in use.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// A name like this one that is not.
    pub fn free(&self, wanted: &str) -> String {
        let numbered = (2..).map(|number| format!("{wanted}{number}"));
        let mut candidates = std::iter::once(wanted.to_owned()).chain(numbered);
        let free = candidates.find(|name| !self.contains(name));
        free.unwrap_or_else(|| wanted.to_owned())
    }

    fn add(&mut self, names: &Names<'_, 'a>, within: NodeId) {
        for node in names.within(within) {
            let name = match node {
                AnyNodeRef::ExprName(name) => name.id.as_str(),
                AnyNodeRef::ExprAttribute(attribute) => attribute.attr.as_str(),
                AnyNodeRef::Parameter(parameter) => parameter.name.as_str(),
                _ => continue,
            };
            self.0.insert(name);
        }
    }
}
