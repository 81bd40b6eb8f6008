//! The modules that a program imports, and where they can be loaded.

use crate::imports::imported_modules;
use crate::knowledge::functions::module;
use crate::load::Loaded;
use rightlane_facts::{Answer, ImportFact, Place};
use std::collections::BTreeMap;

/// What the tables know of the imported modules, each at its first import, by name. Modules of the project
/// itself, and those that no table names, are not among them.
pub(crate) fn import_facts(loaded: &Loaded) -> Vec<ImportFact> {
    let mut found: BTreeMap<&'static str, ImportFact> = BTreeMap::new();
    for file in &loaded.modules {
        for (name, start) in imported_modules(file) {
            let top = name.split('.').next().unwrap_or(&name);
            let Some(row) = module(&name).filter(|_| !loaded.by_name.contains_key(top)) else {
                continue;
            };
            found.entry(&row.name).or_insert_with(|| ImportFact {
                module: row.name.clone(),
                place: Place {
                    file: file.shown.clone(),
                    line: file.text.line(start),
                },
                subinterpreters: answer(&row.subinterpreters),
                free_threaded: answer(&row.free_threaded),
            });
        }
    }
    found.into_values().collect()
}

fn answer(word: &str) -> Answer {
    match word {
        "yes" => Answer::Yes,
        "no" => Answer::No,
        _ => Answer::Unknown,
    }
}
