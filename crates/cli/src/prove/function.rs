//! `prove FILE:FUNCTION --items ITEMS`: a function with the arguments of its calls, instead of a program.
//!
//! A program of a few lines is made, in the race's own folder, that calls the function for every item and
//! prints the results; it is raced like any other.

use crate::failure::Failure;
use std::fmt::Display;
use std::path::{Component, Path, PathBuf};

/// The made program's folder, in the race's.
pub(crate) const FOLDER: &str = "driver";

/// What is to be called, and with what.
pub(crate) struct Driver {
    /// The function's file; absolute.
    pub(crate) file: PathBuf,
    /// The folder that its module is imported from.
    pub(crate) modules: PathBuf,
    module: String,
    name: String,
    items: PathBuf,
    /// Whether each item is the function's one argument.
    plain: bool,
}

impl Driver {
    /// What `FILE:FUNCTION` means; `None` where the script is named like any other.
    pub(crate) fn of(script: &Path, items: Option<&Path>) -> Result<Option<Self>, Failure> {
        let text = script.to_string_lossy();
        let is_function = crate::split::names_a_function(script.as_os_str());
        match (text.rsplit_once(':').filter(|_| is_function), items) {
            (Some((file, name)), Some(items)) => Self::new(Path::new(file), name, items).map(Some),
            (Some((file, name)), None) => Err(Failure::usage(format!(
                "{name} of {file} needs the arguments of its calls"
            ))
            .instead(
                "--items FILE.jsonl, one call a line; `rightlane advise --capture` records them",
            )),
            (None, Some(_)) => Err(Failure::usage("--items is for a function").instead(
                "name it behind its file: rightlane prove tools.py:convert --items calls.jsonl",
            )),
            (None, None) => Ok(None),
        }
    }

    fn new(file: &Path, name: &str, items: &Path) -> Result<Self, Failure> {
        let file = file.canonicalize().map_err(|error| trouble(file, &error))?;
        let items = items
            .canonicalize()
            .map_err(|error| trouble(items, &error))?;
        let calls = std::fs::read_to_string(&items).map_err(|error| trouble(&items, &error))?;
        check(&items, &calls)?;
        defines(&file, name)?;
        let (modules, module) = importable(&file)?;
        let plain = lines(&calls).all(|(_, line)| !is_call(line));
        Ok(Self {
            file,
            modules,
            module,
            name: name.to_owned(),
            items,
            plain,
        })
    }

    /// Writes the program into the race's folder. `root` is the tree that runs may get a copy of, `directory`
    /// the working directory in it.
    pub(crate) fn write(
        &self,
        race: &Path,
        root: &Path,
        directory: &Path,
    ) -> Result<PathBuf, Failure> {
        let folder = race.join(FOLDER);
        let path = folder.join("prove.py");
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&path, self.text(&self.search(root, directory))))
            .map_err(|error| trouble(&path, &error))?;
        Ok(path)
    }

    /// Where Python finds the module. In the tree, from the working directory on: a run in a copy is to have
    /// the copy's.
    fn search(&self, root: &Path, directory: &Path) -> String {
        let (root, directory) = (real(root), real(directory));
        match self.modules.starts_with(&root) && directory.starts_with(&root) {
            true => format!(
                "os.path.abspath({})",
                literal(&relative(&directory, &self.modules))
            ),
            false => literal(&self.modules),
        }
    }

    fn text(&self, search: &str) -> String {
        let Self { module, name, .. } = self;
        let items = literal(&self.items);
        let (imports, definitions, call, load) = match self.plain {
            true => (
                "",
                String::new(),
                format!("{name}(item)"),
                "json.loads(line)",
            ),
            false => (
                "import base64\nimport io\nimport pickle\n",
                CALLS.replace("MODULE", module).replace("FUNCTION", name),
                "call(item)".to_owned(),
                "arguments(json.loads(line))",
            ),
        };
        format!(
            "{imports}import json\nimport os\nimport sys\n\nsys.path.insert(0, {search})\n\
             from {module} import {name}\n\n\n{definitions}def main():\n    \
             with open({items}, encoding=\"utf-8\") as lines:\n        \
             items = [{load} for line in lines if line.strip()]\n    results = []\n    for item in items:\n        \
             results.append({call})\n    for result in results:\n        print(repr(result))\n\n\n\
             if __name__ == \"__main__\":\n    main()\n"
        )
    }
}

/// Calls with all of their arguments. What was pickled in a program as `__main__`'s own is the module's here.
const CALLS: &str = "\
class Arguments(pickle.Unpickler):
    def find_class(self, module, name):
        return super().find_class(\"MODULE\" if module == \"__main__\" else module, name)


def arguments(line):
    if isinstance(line, dict) and \"pickle\" in line:
        try:
            return Arguments(io.BytesIO(base64.b64decode(line[\"pickle\"]))).load()
        except Exception as error:
            sys.exit(f\"the arguments of a call cannot be unpickled: {error!r}\")
    if isinstance(line, dict) and \"args\" in line:
        return line[\"args\"], line.get(\"kwargs\", {})
    return [line], {}


def call(item):
    args, kwargs = item
    return FUNCTION(*args, **kwargs)


";

fn trouble(what: &Path, error: &dyn Display) -> Failure {
    Failure::usage(format!("{}: {error}", what.display()))
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// A path as Python writes it: JSON's escapes are Python's, too.
fn literal(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}

/// The way from one folder to another.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let down = to.components().skip(shared);
    let path: PathBuf = up.chain(down).collect();
    if path.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        path
    }
}

/// The folder that a file's module is imported from, and its name there: in a package, that of the package.
fn importable(file: &Path) -> Result<(PathBuf, String), Failure> {
    let stem = file
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut parts = Vec::new();
    if stem != "__init__" {
        parts.push(stem);
    }
    let mut folder = file.parent().unwrap_or(Path::new("/"));
    while folder.join("__init__.py").is_file() {
        parts.push(
            folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        );
        folder = folder.parent().unwrap_or(Path::new("/"));
    }
    if let Some(odd) = parts.iter().find(|part| !is_name(part)) {
        return Err(Failure::usage(format!("{} cannot be imported: {odd} is no name in Python", file.display()))
            .instead("only functions of modules that can be imported are proved by themselves; rename the file"));
    }
    parts.reverse();
    Ok((folder.to_owned(), parts.join(".")))
}

fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// The lines that have something on them, with their numbers.
fn lines(calls: &str) -> impl Iterator<Item = (usize, &str)> {
    calls
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim().is_empty())
}

/// Whether a line says all arguments of a call, as `--capture` writes them.
fn is_call(line: &str) -> bool {
    let value: Result<serde_json::Value, _> = serde_json::from_str(line);
    value.is_ok_and(|value| {
        value.get("args").is_some_and(serde_json::Value::is_array) || value.get("pickle").is_some()
    })
}

fn check(path: &Path, calls: &str) -> Result<(), Failure> {
    const FORMS: &str =
        "one JSON value a line: the function's argument, or {\"args\": […], \"kwargs\": {…}}";
    let mut count = 0;
    for (number, line) in lines(calls) {
        count += 1;
        let at = format!("{}:{number}", path.display());
        let value: serde_json::Value = serde_json::from_str(line)
            .map_err(|error| Failure::usage(format!("{at}: no JSON: {error}")).instead(FORMS))?;
        let wrong = if value
            .get("pickle")
            .is_some_and(|text| !text.as_str().is_some_and(is_base64))
        {
            "its pickle is no base64"
        } else if value.get("args").is_some_and(|args| args.is_array())
            && value
                .get("kwargs")
                .is_some_and(|kwargs| !kwargs.is_object())
        {
            "its kwargs are no object"
        } else {
            continue;
        };
        return Err(Failure::usage(format!("{at}: {wrong}")).instead(FORMS));
    }
    match count {
        0 => Err(Failure::usage(format!("{} has no calls", path.display()))),
        _ => Ok(()),
    }
}

fn is_base64(text: &str) -> bool {
    let known = |letter: u8| letter.is_ascii_alphanumeric() || b"+/=".contains(&letter);
    text.len().is_multiple_of(4) && text.bytes().all(known)
}

/// Whether the file defines the function at its top level.
fn defines(file: &Path, name: &str) -> Result<(), Failure> {
    use rightlane_source::syntax::{File, ast::Stmt};
    let bytes = std::fs::read(file).map_err(|error| trouble(file, &error))?;
    let parsed = File::of_bytes(&bytes).map_err(|error| trouble(file, &error))?;
    let functions: Vec<&str> = parsed
        .module()
        .body
        .iter()
        .filter_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if !def.is_async => Some(def.name.as_str()),
            _ => None,
        })
        .collect();
    if functions.contains(&name) {
        return Ok(());
    }
    let known = if functions.is_empty() {
        "none".to_owned()
    } else {
        functions.join(", ")
    };
    Err(Failure::usage(format!(
        "{} defines no function {name} at its top level",
        file.display()
    ))
    .instead(format!("functions there: {known}")))
}
