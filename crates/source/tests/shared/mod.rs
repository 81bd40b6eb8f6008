//! Labelled snippets: reading them, and having them read.

#![allow(dead_code, reason = "each test uses a part")]

use rightlane_facts::{Answer, ProgramSource};
use rightlane_source::read_program;
use std::path::{Path, PathBuf};

/// Files of one program, the script first: name and text.
pub type Files = Vec<(String, String)>;

/// A snippet: its heading, and the files of its program (name and text), the script first.
pub struct Snippet {
    pub name: String,
    pub files: Files,
}

/// The snippets of a Markdown file: each is a heading and one or more fenced blocks, whose info
/// string may name the file.
pub fn snippets(text: &str) -> Vec<Snippet> {
    let mut found: Vec<Snippet> = Vec::new();
    let mut block: Option<(String, String)> = None;
    for line in text.lines() {
        match &mut block {
            Some((_, body)) if line != "```" => {
                body.push_str(line);
                body.push('\n');
            }
            Some(_) => found.last_mut().unwrap().files.extend(block.take()),
            None => {
                if let Some(name) = line.strip_prefix("## ") {
                    found.push(Snippet {
                        name: name.to_owned(),
                        files: Vec::new(),
                    });
                } else if let Some(info) = line.strip_prefix("```py") {
                    let file = info.trim();
                    block = Some((
                        if file.is_empty() { "script.py" } else { file }.to_owned(),
                        String::new(),
                    ));
                }
            }
        }
    }
    found
}

/// What the program of these files is found to be.
pub fn read(files: &Files) -> Result<ProgramSource, impl std::fmt::Display + use<>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let root = folder.path().to_path_buf();
    read_program(Path::new(&files[0].0), folder.path(), &[root])
}

/// The answer as labels say it.
pub fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Unknown => "unknown",
    }
}

/// Every project of these folders of the labelled set, with the name of the file that it stands in.
pub fn projects(folders: &[&str]) -> Vec<(String, Files)> {
    let quality = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quality");
    let mut paths = Vec::new();
    for folder in folders {
        collect(&quality.join(folder), &mut paths);
    }
    paths.sort();
    let mut projects = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "md") {
            let named = |snippet: Snippet| (format!("{name}: {}", snippet.name), snippet.files);
            projects.extend(snippets(&text).into_iter().map(named));
        } else {
            projects.push((name.clone(), vec![(name, text)]));
        }
    }
    projects
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "md" || extension == "py")
            && path.file_name().is_some_and(|name| name != "README.md")
        {
            paths.push(path);
        }
    }
}
