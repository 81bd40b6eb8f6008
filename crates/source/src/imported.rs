//! The modules that a program imports, and where they can be loaded.

use crate::imports::imported_modules;
use crate::knowledge::functions::module;
use crate::load::{Loaded, Module};
use rightlane_facts::{Answer, ImportFact, Place};
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;
use std::collections::BTreeMap;

/// What the tables know of the imported modules, each at its first import, by name. Modules of the project
/// itself, and those that no table names, are not among them.
pub(crate) fn import_facts(loaded: &Loaded) -> Vec<ImportFact> {
    let mut found: BTreeMap<&'static str, ImportFact> = BTreeMap::new();
    for file in &loaded.modules {
        // Most files import nothing that the tables name.
        if !imported_modules(file)
            .iter()
            .any(|name| module(name).is_some())
        {
            continue;
        }
        let mut finder = Finder {
            file,
            found: &mut found,
        };
        finder.visit_body(&file.body);
    }
    found.into_values().collect()
}

struct Finder<'f> {
    file: &'f Module,
    found: &'f mut BTreeMap<&'static str, ImportFact>,
}

impl Finder<'_> {
    fn add(&mut self, name: &str, stmt: &Stmt) {
        let Some(row) = module(name) else { return };
        let place = Place {
            file: self.file.shown.clone(),
            line: self.file.text.line(stmt.start()),
        };
        self.found.entry(&row.name).or_insert_with(|| ImportFact {
            module: row.name.clone(),
            place,
            subinterpreters: answer(&row.subinterpreters),
            free_threaded: answer(&row.free_threaded),
        });
    }
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.add(&alias.name, stmt);
                }
            }
            Stmt::ImportFrom(import) if import.level == 0 => {
                if let Some(name) = &import.module {
                    self.add(name, stmt);
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    // No import hides in an expression.
    fn visit_expr(&mut self, _: &'a Expr) {}
}

fn answer(word: &str) -> Answer {
    match word {
        "yes" => Answer::Yes,
        "no" => Answer::No,
        _ => Answer::Unknown,
    }
}
