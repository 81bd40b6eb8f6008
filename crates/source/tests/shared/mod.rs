//! Labelled snippets: reading them, and having them read.

use rightlane_facts::{Answer, ProgramSource};
use rightlane_source::read_program;
use std::path::Path;

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
