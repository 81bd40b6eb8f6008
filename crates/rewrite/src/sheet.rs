//! A file that is being edited.

use crate::place::{Indent, indent_unit, line_indent};
use rightlane_facts::{Edit, FileEdit};
use rightlane_source::syntax::ast::{AnyNodeRef, Stmt};
use rightlane_source::syntax::{File, NodeId, Ranged, TextRange, TextSize, View};
use std::collections::BTreeSet;

/// A file, its tree, and what is to change in it.
pub(crate) struct Sheet<'a> {
    pub(crate) path: &'a str,
    pub(crate) file: &'a File,
    pub(crate) view: &'a View<'a>,
    /// One level of indentation.
    pub(crate) unit: String,
    pub(crate) edits: Vec<Edit>,
    /// Definitions to stand at the top level before the site.
    definitions: Vec<String>,
    /// Whether a task became a function at the top level.
    pub(crate) extracted: bool,
    /// What may be seen to change, found on the way.
    pub(crate) doubts: Vec<String>,
    /// Those that serve several edits: what they are for, and what they are called.
    shared: Vec<(String, String)>,
    /// Every word that the file uses as a name: new names must be others.
    words: BTreeSet<String>,
    /// Imports that were added: module, name in it, and what it is called here.
    imported: Vec<(String, Option<String>, String)>,
    /// Import statements that are still to be placed.
    pub(crate) new_imports: Vec<crate::imports::NewImport>,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(path: &'a str, file: &'a File, view: &'a View<'a>) -> Self {
        Self {
            path,
            file,
            view,
            unit: indent_unit(file),
            edits: Vec::new(),
            definitions: Vec::new(),
            extracted: false,
            doubts: Vec::new(),
            shared: Vec::new(),
            words: file.names().map(str::to_owned).collect(),
            imported: Vec::new(),
            new_imports: Vec::new(),
        }
    }

    /// Whether any scope of the file binds a name.
    pub(crate) fn binds(&self, name: &str) -> bool {
        let scopes = &self.view.scopes;
        scopes.ids().any(|id| !scopes.bindings(id, name).is_empty())
    }

    /// What an import that was added is called here.
    pub(crate) fn imported(&self, module: &str, name: Option<&str>) -> Option<String> {
        let mut all = self.imported.iter();
        let found = all.find(|(known, of, _)| known == module && of.as_deref() == name);
        found.map(|(_, _, local)| local.clone())
    }

    pub(crate) fn note_import(&mut self, module: &str, name: Option<&str>, local: &str) {
        self.words.insert(local.to_owned());
        self.imported
            .push((module.to_owned(), name.map(str::to_owned), local.to_owned()));
    }

    /// A name that is not used in the file: `base`, or `base_2`, …
    pub(crate) fn fresh(&mut self, base: &str) -> String {
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let name = std::iter::once(base.to_owned())
            .chain(numbered)
            .find(|name| !self.words.contains(name))
            .unwrap_or_default();
        self.words.insert(name.clone());
        name
    }

    pub(crate) fn replace(&mut self, range: TextRange, text: impl Into<String>) {
        self.edits.push(Edit {
            start: range.start().into(),
            end: range.end().into(),
            text: text.into(),
        });
    }

    pub(crate) fn insert(&mut self, place: TextSize, text: impl Into<String>) {
        // A byte order mark stays the first thing in the file.
        let mark = match self.file.text().starts_with('\u{feff}') {
            true => TextSize::new(3),
            false => TextSize::new(0),
        };
        self.replace(TextRange::empty(place.max(mark)), text);
    }

    /// Notes a function or class to define at the top level before the statement with the site.
    pub(crate) fn define(&mut self, text: String) {
        if !self.definitions.contains(&text) {
            self.definitions.push(text);
        }
    }

    /// A definition that all edits of this file share: made once, from the name that it gets.
    pub(crate) fn shared_definition(
        &mut self,
        base: &str,
        text: impl FnOnce(&str) -> String,
    ) -> String {
        if let Some((_, name)) = self.shared.iter().find(|(known, _)| known == base) {
            return name.clone();
        }
        let name = self.fresh(base);
        self.shared.push((base.to_owned(), name.clone()));
        let text = text(&name);
        self.define(text);
        name
    }

    /// The statement of the module's own body that holds the node.
    pub(crate) fn top_statement(&self, id: NodeId) -> Option<&'a Stmt> {
        let range = self.view.tree.range(id);
        let body = &self.file.module().body;
        body.iter().find(|stmt| stmt.range().contains_range(range))
    }

    /// The statement that holds the node (itself, if it is one).
    pub(crate) fn statement(&self, id: NodeId) -> Option<NodeId> {
        std::iter::once(id)
            .chain(self.view.tree.ancestors(id))
            .find(|id| self.view.tree.node(*id).is_statement())
    }

    /// The node of a kind with exactly this range.
    pub(crate) fn find(
        &self,
        range: TextRange,
        is_kind: impl Fn(AnyNodeRef<'a>) -> bool,
    ) -> Option<NodeId> {
        let mut nodes = self.view.tree.within(NodeId(0));
        nodes.find(|id| {
            let node = self.view.tree.node(*id);
            node.range() == range && is_kind(node)
        })
    }

    /// Indentation of the line that a place is in.
    pub(crate) fn indent_at(&self, place: TextSize) -> Indent {
        line_indent(self.file, place)
    }

    /// Puts the definitions before the top-level statement with the site.
    pub(crate) fn place_definitions(&mut self, site: NodeId) {
        let Some(top) = self.top_statement(site) else {
            return;
        };
        let mut start = self.file.line_start(self.file.line(top.start()));
        // A comment directly above belongs to the statement.
        for comment in self.file.comments().iter().rev() {
            let line = self.file.line(comment.start());
            let is_above = self.file.line_start(line + 1) == start;
            let own_line = self.file.line_start(line) == comment.start();
            if is_above && own_line {
                start = comment.start();
            }
        }
        let definitions = std::mem::take(&mut self.definitions);
        for text in definitions {
            self.insert(start, format!("{}\n\n\n", text.trim_end()));
        }
    }

    /// A name for what nobody reads: `_`, unless the program calls something else so.
    pub(crate) fn ignored(&mut self) -> String {
        let scopes = &self.view.scopes;
        let read = scopes.ids().any(|id| {
            scopes
                .names(id)
                .any(|name| name == "_" && !scopes.reads(id, name).is_empty())
        });
        if read {
            self.fresh("ignored")
        } else {
            "_".to_owned()
        }
    }

    /// Comments in what is replaced that are not in what replaces it: they go above it.
    fn keep_comments(&mut self) {
        let mut kept = Vec::new();
        for edit in &self.edits {
            let range = TextRange::new(edit.start.into(), edit.end.into());
            let mut lost = String::new();
            for comment in self
                .file
                .comments()
                .iter()
                .filter(|comment| range.contains_range(**comment))
            {
                let text = self.file.slice(*comment).trim_end();
                if !self.edits.iter().any(|edit| edit.text.contains(text)) {
                    lost.push_str(&format!("{}{text}\n", self.indent_at(range.start())));
                }
            }
            if !lost.is_empty() {
                kept.push((self.file.line_start(self.file.line(range.start())), lost));
            }
        }
        for (place, text) in kept {
            self.insert(place, text);
        }
    }

    /// The edits, in order, with the file's own line ends.
    pub(crate) fn finish(mut self) -> FileEdit {
        self.keep_comments();
        crate::imports::place(&mut self);
        if self.file.text().contains("\r\n") {
            for edit in &mut self.edits {
                edit.text = edit.text.replace("\r\n", "\n").replace('\n', "\r\n");
            }
        }
        self.edits.sort_by_key(|edit| (edit.start, edit.end));
        FileEdit {
            path: self.path.to_owned(),
            edits: self.edits,
        }
    }
}
