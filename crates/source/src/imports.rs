//! Which modules a module imports, and which of them belong to the project.

use crate::load::Module;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtImportFrom};
use ruff_text_size::{Ranged, TextSize};
use std::path::{Path, PathBuf};

/// The directories in which project modules are looked for. Nothing outside them is ever read:
/// the standard library and installed packages are known by table, not by source.
pub(crate) struct Search {
    directories: Vec<PathBuf>,
}

impl Search {
    pub fn new(directories: &[PathBuf]) -> Self {
        Self {
            directories: directories.to_vec(),
        }
    }

    /// The file of a dotted module name, and whether it is a package.
    pub fn file_of(&self, dotted: &str) -> Option<(PathBuf, bool)> {
        let parts: Vec<&str> = dotted.split('.').collect();
        if parts.iter().any(|part| !is_identifier(part)) {
            return None;
        }
        self.directories.iter().find_map(|directory| {
            let base = parts
                .iter()
                .fold(directory.clone(), |path, part| path.join(part));
            let package = base.join("__init__.py");
            if package.is_file() && !is_installed(&package) {
                return Some((package, true));
            }
            let module = base.with_extension("py");
            (module.is_file() && !is_installed(&module)).then_some((module, false))
        })
    }

    /// The name by which the script's relative imports start: its dotted name where it lies in a
    /// package of the project (as with `-m`), else its bare stem.
    pub fn name_of(&self, script: &Path) -> (String, bool) {
        let stem = script
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for directory in &self.directories {
            let Ok(relative) = script.strip_prefix(directory) else {
                continue;
            };
            let mut parts: Vec<String> = relative
                .with_extension("")
                .components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            let is_package = parts.last().is_some_and(|part| part == "__init__");
            if is_package {
                parts.pop();
            }
            if !parts.is_empty() && parts.iter().all(|part| is_identifier(part)) {
                return (parts.join("."), is_package);
            }
        }
        (stem, false)
    }
}

fn is_identifier(part: &str) -> bool {
    let mut chars = part.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// Virtual environments lie inside projects; what they hold is not the project.
fn is_installed(path: &Path) -> bool {
    path.components().any(|part| {
        let part = part.as_os_str();
        part == "site-packages" || part == "dist-packages"
    })
}

/// Dotted absolute names of the modules that a module may import, in order of appearance, with where their
/// statements start. For
/// `from x import y` both `x` and `x.y` are named, since `y` may be a module.
pub(crate) fn imported_modules(module: &Module) -> Vec<(String, TextSize)> {
    let mut finder = Finder {
        module,
        names: Vec::new(),
    };
    finder.visit_body(&module.body);
    finder.names
}

struct Finder<'m> {
    module: &'m Module,
    names: Vec<(String, TextSize)>,
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                let names = import.names.iter().map(|alias| alias.name.to_string());
                self.names.extend(names.map(|name| (name, stmt.start())));
            }
            Stmt::ImportFrom(import) => {
                let Some(base) = absolute_base(self.module, import) else {
                    return;
                };
                for alias in &import.names {
                    if &alias.name != "*" && !base.is_empty() {
                        self.names
                            .push((format!("{base}.{}", alias.name), stmt.start()));
                    } else if !base.is_empty() {
                        self.names.push((base.clone(), stmt.start()));
                    }
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    // No import hides in an expression.
    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// The absolute dotted name of the module after `from`; `None` if it leaves the top package.
pub(crate) fn absolute_base(module: &Module, import: &StmtImportFrom) -> Option<String> {
    let after = import.module.as_ref().map_or("", |name| name.as_str());
    if import.level == 0 {
        return Some(after.to_owned());
    }
    let mut parts: Vec<&str> = module.name.split('.').collect();
    let up = import.level as usize - usize::from(module.is_package);
    if up > parts.len() {
        return None;
    }
    parts.truncate(parts.len() - up);
    if !after.is_empty() {
        parts.push(after);
    }
    Some(parts.join("."))
}
