//! How functions of the standard library and of well-known packages behave under concurrency: the
//! tables of `concurrency/`.

use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::sync::LazyLock;

/// What is known of a function. The tables say what each field means.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    pub name: String,
    pub releases_gil: Gil,
    pub blocks: Blocks,
    pub async_twin: Option<String>,
}

/// Whether other threads run while it works or waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Gil {
    Yes,
    No,
    Partly,
    Unknown,
}

/// What a call mainly waits for or does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Blocks {
    Cpu,
    Socket,
    File,
    Sleep,
    Lock,
    Child,
    Database,
    Terminal,
    No,
}

/// What is known of a package's module as a whole.
#[derive(Debug, Deserialize)]
pub(crate) struct Module {
    pub name: String,
    /// Whether it loads in an interpreter with a GIL of its own: yes, no, unknown.
    pub subinterpreters: String,
    /// `no`: importing it turns the GIL back on in a free-threaded build.
    pub free_threaded: String,
}

#[derive(Deserialize)]
struct Table {
    #[serde(default)]
    function: Vec<Row>,
    #[serde(default)]
    module: Vec<Module>,
}

struct Tables {
    functions: FxHashMap<String, Row>,
    modules: FxHashMap<String, Module>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let texts = [
        include_str!("concurrency/stdlib.toml"),
        include_str!("concurrency/packages.toml"),
    ];
    let mut tables = Tables {
        functions: FxHashMap::default(),
        modules: FxHashMap::default(),
    };
    for text in texts {
        // A test holds that they can be read.
        let Ok(table) = toml::from_str::<Table>(text) else {
            continue;
        };
        let rows = table.function.into_iter();
        tables
            .functions
            .extend(rows.map(|row| (row.name.clone(), row)));
        let rows = table.module.into_iter();
        tables
            .modules
            .extend(rows.map(|row| (row.name.clone(), row)));
    }
    tables
});

/// What is known of the function of this name: its own row, or that of `module.*`.
pub(crate) fn function(name: &str) -> Option<&'static Row> {
    if let Some(row) = TABLES.functions.get(name) {
        return Some(row);
    }
    let (owner, _) = name.rsplit_once('.')?;
    TABLES.functions.get(&format!("{owner}.*"))
}

/// The names of all functions and modules of the tables.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let functions = TABLES.functions.keys();
    functions.chain(TABLES.modules.keys()).map(String::as_str)
}

/// What is known of the module of this name, or of the package above it.
pub(crate) fn module(name: &str) -> Option<&'static Module> {
    let mut name = name;
    loop {
        if let Some(row) = TABLES.modules.get(name) {
            return Some(row);
        }
        name = name.rsplit_once('.')?.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_can_be_read() {
        for text in [
            include_str!("concurrency/stdlib.toml"),
            include_str!("concurrency/packages.toml"),
        ] {
            let table: Table = toml::from_str(text).unwrap();
            assert!(table.function.len() > 100);
        }
        assert_eq!(function("time.sleep").unwrap().blocks, Blocks::Sleep);
        assert_eq!(function("ftplib.FTP.dir").unwrap().blocks, Blocks::Socket);
        assert_eq!(module("numpy.linalg").unwrap().subinterpreters, "no");
    }
}
