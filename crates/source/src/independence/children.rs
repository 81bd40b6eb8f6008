//! Child processes of the tasks: whether one may notice another.

use super::conflicts::{Finding, Question};
use crate::apart::Key;
use crate::knowledge::{Writes, program};
use crate::load::parse;
use crate::text::SourceText;
use crate::trace::{Act, Event};
use crate::words::Word;
use rightlane_facts::Answer;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

impl Question<'_, '_, '_> {
    /// The task runs another program.
    pub(super) fn ran_program(&self, event: &Event, findings: &mut Vec<Finding>) {
        let Act::Child { words, cwd, .. } = &event.act else {
            return;
        };
        let words = words.as_deref().unwrap_or(&[]);
        let name = words.first().map_or("", |word| word.text.as_str());
        let why = match writes(words) {
            None => {
                "what the program does is not known: it may need what an earlier task's has done"
            }
            Some(writes) if self.is_own_output(writes, words, cwd) => return,
            Some(_) => {
                "the program writes files: nothing tells that they are others for every item"
            }
        };
        let name = if name.is_empty() {
            "child process"
        } else {
            name
        };
        self.push(findings, Answer::Unknown, name, event, why.to_owned());
    }

    /// Whether what the program writes is another file for every item.
    fn is_own_output(&self, writes: &Writes, words: &[Word], cwd: &[Key]) -> bool {
        let own = |word: &Word| self.view.is_another(&word.keys);
        let mut named = words.iter().skip(1).filter(|word| !is_option(word));
        match writes {
            Writes::Nothing => true,
            Writes::Last => words
                .last()
                .is_some_and(|word| own(word) || *word.text == *"-"),
            Writes::First => named.nth(1).is_some_and(own),
            Writes::Each => named.any(own),
            Writes::Folder => {
                self.view.is_another(cwd) || of_option(words, &["-C"], &own) == Some(true)
            }
            Writes::Option(options) => {
                of_option(words, options, &own).unwrap_or_else(|| self.view.is_another(cwd))
            }
            Writes::Optional(options) => {
                let known =
                    |word: &Word| !(word.many || word.text.is_empty() && word.keys.is_empty());
                of_option(words, options, &own).unwrap_or_else(|| words.iter().all(known))
            }
        }
    }
}

/// Whether the program of these words is known to write nothing.
pub(super) fn only_looks(words: &[Word]) -> bool {
    matches!(writes(words), Some(Writes::Nothing))
}

/// What the program of these words writes.
fn writes(words: &[Word]) -> Option<&'static Writes> {
    let words = without_wrapper(words);
    let (first, rest) = words.split_first()?;
    if !first.keys.is_empty() || first.many {
        return None;
    }
    if is_python(&first.text) && code(rest).is_some_and(only_computes) {
        return Some(&Writes::Nothing);
    }
    let next = rest.iter().find(|word| !is_option(word));
    let next = next.filter(|word| word.keys.is_empty() && !word.many);
    program(&first.text, next.map(|word| word.text.as_str()))
}

fn is_python(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    name.trim_start_matches("python")
        .chars()
        .all(|c| c.is_ascii_digit() || c == '.')
        && name.starts_with("python")
}

/// The program text after `-c`, where it stands in the source.
fn code(words: &[Word]) -> Option<&str> {
    let at = words.iter().position(|word| word.text.as_str() == "-c")?;
    let code = words.get(at + 1)?;
    (code.keys.is_empty() && !code.many && !code.text.is_empty()).then_some(code.text.as_str())
}

/// Functions that only compute, or print.
const PURE: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "dict",
    "divmod",
    "enumerate",
    "float",
    "int",
    "len",
    "list",
    "map",
    "max",
    "min",
    "pow",
    "print",
    "range",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "zip",
];

/// Whether a program does nothing but compute and print: it imports nothing and calls nothing else.
fn only_computes(code: &str) -> bool {
    let Ok(body) = parse(&SourceText::new(code.to_owned())) else {
        return false;
    };
    let mut finder = Other { found: false };
    finder.visit_body(&body);
    !finder.found
}

/// Finds what does more than compute.
struct Other {
    found: bool,
}

impl<'a> Visitor<'a> for Other {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.found |= matches!(stmt, Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::With(_));
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            let name = call.func.as_name_expr().map(|name| name.id.as_str());
            self.found |= !name.is_some_and(|name| PURE.contains(&name));
        }
        walk_expr(self, expr);
    }
}

/// `nice -n 10 ffmpeg …`, `timeout 5 ping …`: the words of the program that is meant.
fn without_wrapper(words: &[Word]) -> &[Word] {
    match words.first().map(|word| word.text.as_str()) {
        Some("nice" | "ionice" | "timeout" | "nohup" | "time") => {
            let mut at = 1;
            let number = |word: &Word| word.text.parse::<f64>().is_ok();
            while words
                .get(at)
                .is_some_and(|word| is_option(word) || number(word))
            {
                at += 1;
            }
            &words[at.min(words.len())..]
        }
        _ => words,
    }
}

fn is_option(word: &Word) -> bool {
    word.text.starts_with('-') && word.text.len() > 1
}

/// Whether the word that one of the options takes is as wanted; `None` without such an option.
fn of_option(words: &[Word], options: &[&str], wanted: &dyn Fn(&Word) -> bool) -> Option<bool> {
    words.iter().enumerate().find_map(|(at, word)| {
        let text = word.text.as_str();
        let separate = options.contains(&text);
        let joined = text
            .split_once('=')
            .is_some_and(|(option, _)| options.contains(&option));
        if separate {
            Some(words.get(at + 1).is_some_and(wanted))
        } else {
            joined.then(|| wanted(word))
        }
    })
}
