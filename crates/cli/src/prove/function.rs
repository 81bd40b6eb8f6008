//! `prove FILE:FUNCTION --items ITEMS`: a function with the arguments of its calls, instead of a program.
//!
//! A program of a few lines is made that calls the function for every item and prints the results; it is
//! raced like any other.

use crate::failure::Failure;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A made program; its folder is gone with it.
pub(crate) struct Driver {
    folder: TempDir,
    /// The folder of the function's module.
    pub(crate) modules: PathBuf,
}

impl Driver {
    /// The program for `FILE:FUNCTION`; `None` where the script is named like any other.
    pub(crate) fn of(script: &Path, items: Option<&Path>) -> Result<Option<Self>, Failure> {
        let text = script.to_string_lossy();
        let is_function = crate::split::names_a_function(script.as_os_str());
        let named = text.rsplit_once(':').filter(|_| is_function);
        let (Some((file, name)), Some(items)) = (named, items) else {
            return match (named, items) {
                (Some((file, name)), None) => Err(Failure::usage(format!("{name} of {file} needs the arguments of its calls"))
                    .instead("--items FILE.jsonl, one call a line; `rightlane advise --capture` records them")),
                (None, Some(_)) => Err(Failure::usage("--items is for a function")
                    .instead("name it behind its file: rightlane prove tools.py:convert --items calls.jsonl")),
                _ => Ok(None),
            };
        };
        Self::make(Path::new(file), name, items).map(Some)
    }

    fn make(file: &Path, name: &str, items: &Path) -> Result<Self, Failure> {
        let trouble = |what: &Path, error: &dyn std::fmt::Display| {
            Failure::usage(format!("{}: {error}", what.display()))
        };
        let file = file.canonicalize().map_err(|error| trouble(file, &error))?;
        let items = items
            .canonicalize()
            .map_err(|error| trouble(items, &error))?;
        let calls = std::fs::read_to_string(&items).map_err(|error| trouble(&items, &error))?;
        check(&items, &calls)?;
        defines(&file, name)?;
        let module = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let modules = file.parent().unwrap_or(Path::new("/")).to_owned();
        let folder = tempfile::Builder::new()
            .prefix("rightlane-")
            .tempdir()
            .map_err(|error| {
                Failure::not_here(format!("no folder for the made program: {error}"))
            })?;
        let plain = calls
            .lines()
            .filter(|line| !line.trim().is_empty())
            .all(|line| !is_call(line));
        let program = written(&modules, &module, name, &items, plain);
        let path = folder.path().join("prove.py");
        std::fs::write(&path, program).map_err(|error| trouble(&path, &error))?;
        Ok(Self { folder, modules })
    }

    pub(crate) fn script(&self) -> PathBuf {
        self.folder.path().join("prove.py")
    }
}

/// Whether a line says all arguments of a call, as `--capture` writes them.
fn is_call(line: &str) -> bool {
    let value: Result<serde_json::Value, _> = serde_json::from_str(line);
    value.is_ok_and(|value| {
        value.get("args").is_some_and(serde_json::Value::is_array) || value.get("pickle").is_some()
    })
}

fn check(path: &Path, calls: &str) -> Result<(), Failure> {
    let mut count = 0;
    for (number, line) in calls
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        count += 1;
        if let Err(error) = serde_json::from_str::<serde_json::Value>(line) {
            return Err(Failure::usage(format!("{}:{}: no JSON: {error}", path.display(), number + 1))
                .instead("one JSON value a line: the function's argument, or {\"args\": […], \"kwargs\": {…}}"));
        }
    }
    match count {
        0 => Err(Failure::usage(format!("{} has no calls", path.display()))),
        _ => Ok(()),
    }
}

/// Whether the file defines the function at its top level.
fn defines(file: &Path, name: &str) -> Result<(), Failure> {
    use rightlane_source::syntax::{File, ast::Stmt};
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    let parsed = File::of_bytes(&bytes)
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
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

fn written(modules: &Path, module: &str, name: &str, items: &Path, plain: bool) -> String {
    let text = |path: &Path| format!("{:?}", path.to_string_lossy());
    let (call, definition) = match plain {
        true => (format!("{name}(item)"), String::new()),
        false => (
            "call(item)".to_owned(),
            format!(
                "def call(item):\n    args, kwargs = item\n    return {name}(*args, **kwargs)\n\n\n"
            ),
        ),
    };
    let load = match plain {
        true => "json.loads(line)".to_owned(),
        false => "arguments(json.loads(line))".to_owned(),
    };
    let arguments = match plain {
        true => String::new(),
        false => {
            "def arguments(line):\n    if isinstance(line, dict) and \"pickle\" in line:\n        \
                  return pickle.loads(base64.b64decode(line[\"pickle\"]))\n    \
                  if isinstance(line, dict) and \"args\" in line:\n        \
                  return line[\"args\"], line.get(\"kwargs\", {})\n    return [line], {}\n\n\n"
                .to_owned()
        }
    };
    format!(
        "import base64\nimport json\nimport pickle\nimport sys\n\nsys.path.insert(0, {})\nfrom {module} import {name}\n\n\n\
         {arguments}{definition}def main():\n    with open({}, encoding=\"utf-8\") as lines:\n        \
         items = [{load} for line in lines if line.strip()]\n    results = []\n    for item in items:\n        \
         results.append({call})\n    for result in results:\n        print(repr(result))\n\n\n\
         if __name__ == \"__main__\":\n    main()\n",
        text(modules),
        text(items)
    )
}
