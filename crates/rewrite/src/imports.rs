//! Imports, added once.

use crate::place::{line_end, starts_line};
use crate::sheet::Sheet;
use rightlane_source::syntax::ast::{AnyNodeRef, Stmt};
use rightlane_source::syntax::{Binding, Ranged, ScopeId, TextSize};

/// The name by which the file can use `module.name`, imported if it is not yet.
pub(crate) fn from_import(sheet: &mut Sheet<'_>, module: &str, name: &str) -> String {
    let bindings = sheet.view.scopes.bindings(ScopeId(0), name);
    let is_ours = |binding: &Binding<'_>| {
        matches!(binding, Binding::ImportFrom { import, name: there }
            if import.level == 0 && *there == name
                && import.module.as_ref().is_some_and(|known| known.as_str() == module))
    };
    if !bindings.is_empty() && bindings.iter().all(|(_, binding)| is_ours(binding)) {
        return name.to_owned();
    }
    if let Some(known) = sheet.imported(module, Some(name)) {
        return known;
    }
    let local = if bindings.is_empty() && !is_builtin(name) && !sheet.binds(name) {
        name.to_owned()
    } else {
        sheet.fresh(name)
    };
    let alias = if local == name {
        String::new()
    } else {
        format!(" as {local}")
    };
    add(
        sheet,
        format!("from {module} import {name}{alias}"),
        module,
        true,
    );
    sheet.note_import(module, Some(name), &local);
    local
}

/// The name by which the file can use a module without dots in its name, imported if it is not yet.
pub(crate) fn module_import(sheet: &mut Sheet<'_>, module: &str) -> String {
    let bindings = sheet.view.scopes.bindings(ScopeId(0), module);
    let is_ours = |binding: &Binding<'_>| matches!(binding, Binding::Import { module: known, .. } if *known == module);
    if !bindings.is_empty() && bindings.iter().all(|(_, binding)| is_ours(binding)) {
        return module.to_owned();
    }
    if let Some(known) = sheet.imported(module, None) {
        return known;
    }
    let local = if bindings.is_empty() && !sheet.binds(module) {
        module.to_owned()
    } else {
        sheet.fresh(module)
    };
    let alias = if local == module {
        String::new()
    } else {
        format!(" as {local}")
    };
    add(sheet, format!("import {module}{alias}"), module, false);
    sheet.note_import(module, None, &local);
    local
}

/// The name by which the file can use a built-in function: the program may call something else so.
pub(crate) fn builtin(sheet: &mut Sheet<'_>, name: &str) -> String {
    match sheet.binds(name) {
        true => from_import(sheet, "builtins", name),
        false => name.to_owned(),
    }
}

/// A whole import statement, added unless it stands there already.
pub(crate) fn statement(sheet: &mut Sheet<'_>, text: &str) {
    let there = sheet.file.module().body.iter();
    if there.clone().any(|stmt| sheet.file.slice(stmt) == text) {
        return;
    }
    let mut words = text.split_whitespace();
    let is_from = words.next() == Some("from");
    let module = words.next().unwrap_or("").to_owned();
    if let Some((name, None)) = (!is_from).then_some((module.as_str(), words.next())) {
        module_import(sheet, name);
        return;
    }
    if sheet.imported(text, None).is_none() {
        add(sheet, text.to_owned(), &module, is_from);
        sheet.note_import(text, None, "");
    }
}

fn is_builtin(name: &str) -> bool {
    matches!(name, "map" | "zip" | "list" | "dict" | "set" | "range")
}

/// Notes an import; all of them are placed at the end, so that those at one place come in order.
fn add(sheet: &mut Sheet<'_>, text: String, module: &str, is_from: bool) {
    sheet.new_imports.push(NewImport {
        is_from,
        module: module.to_owned(),
        text,
    });
}

/// An import to be added; the order is that of sorted imports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NewImport {
    is_from: bool,
    module: String,
    text: String,
}

/// Puts the new imports among the others: plain ones before `from` ones, by the module's name.
pub(crate) fn place(sheet: &mut Sheet<'_>) {
    let mut all = std::mem::take(&mut sheet.new_imports);
    all.sort();
    merge(&mut all);
    let count = all.len();
    for (at, import) in all.into_iter().enumerate() {
        let text = import.text;
        match position(sheet, &import.module, import.is_from) {
            Place::Before(place) => sheet.insert(place, format!("{text}\n")),
            Place::After(place) => sheet.insert(place, format!("\n{text}")),
            Place::First(place, gap) => {
                let gap = if at + 1 == count { gap } else { "" };
                sheet.insert(place, format!("{text}\n{gap}"));
            }
        }
    }
}

/// What comes from one module is imported in one statement.
fn merge(all: &mut Vec<NewImport>) {
    all.dedup_by(|next, first| {
        let names = format!("from {} import ", next.module);
        let same = next.is_from && first.is_from && next.module == first.module;
        match next.text.strip_prefix(&names).filter(|_| same) {
            Some(names) => {
                first.text.push_str(&format!(", {names}"));
                true
            }
            None => false,
        }
    });
}

enum Place {
    Before(TextSize),
    After(TextSize),
    /// No import stands there yet; with what separates it from what follows.
    First(TextSize, &'static str),
}

/// What an import statement is sorted by; `None` for other statements.
fn sorted_by(stmt: &Stmt) -> Option<(bool, String)> {
    match stmt {
        Stmt::Import(import) => import
            .names
            .first()
            .map(|alias| (false, alias.name.to_string())),
        Stmt::ImportFrom(import) => Some((
            true,
            import
                .module
                .as_ref()
                .map_or_else(String::new, |name| name.to_string()),
        )),
        _ => None,
    }
}

/// Where an import belongs: into the first block of imports, which is the standard library's where they are sorted.
fn position(sheet: &Sheet<'_>, module: &str, is_from: bool) -> Place {
    let file = sheet.file;
    let body = &file.module().body;
    let docstring = body.first().filter(|stmt| is_string(stmt));
    let mut last = body
        .iter()
        .take_while(|stmt| is_string(stmt) || is_future(stmt))
        .filter(|stmt| is_future(stmt))
        .last();
    let block = body
        .iter()
        .skip_while(|stmt| sorted_by(stmt).is_none() || is_future(stmt));
    for stmt in block {
        let Some(key) = sorted_by(stmt) else {
            break;
        };
        let gap = last
            .is_some_and(|last| !is_future(last) && gap_between(file, last.end(), stmt.start()));
        if gap {
            break;
        }
        if starts_line(file, AnyNodeRef::from(stmt)) && key > (is_from, module.to_owned()) {
            return Place::Before(stmt.start());
        }
        last = Some(stmt);
    }
    match (last, body.iter().find(|stmt| Some(*stmt) != docstring)) {
        (Some(stmt), _) => Place::After(line_end(file, stmt.end())),
        (None, Some(stmt)) => {
            let gap = match stmt {
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => "\n\n",
                _ => "\n",
            };
            Place::First(file.line_start(file.line(stmt.start())), gap)
        }
        (None, None) => Place::First(TextSize::new(0), "\n"),
    }
}

fn is_string(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Expr(expr) if expr.value.is_string_literal_expr())
}

fn is_future(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::ImportFrom(import)
        if import.module.as_ref().is_some_and(|name| name.as_str() == "__future__"))
}

fn gap_between(file: &rightlane_source::syntax::File, from: TextSize, to: TextSize) -> bool {
    file.line(to) > file.line(from) + 1
}
