//! Child processes: the command, as far as it is written down.

use super::calls::Site;
use super::keys::Piece;
use super::{Args, Walker};
use crate::apart::Key;
use crate::trace::Act;
use crate::value::{Source, Sym, Value};
use crate::words::{Word, Words, of_line};
use ruff_python_ast::{Expr, InterpolatedStringElement};
use ruff_text_size::Ranged;

impl<'a> Walker<'_, 'a> {
    /// A function of this name starts a child process.
    pub(super) fn child(&mut self, name: &str, args: &Args, site: Site<'a>) {
        let first = args.at(0).cloned().unwrap_or_default();
        let (words, param) = match name {
            "subprocess.run"
            | "subprocess.call"
            | "subprocess.check_call"
            | "subprocess.check_output"
            | "subprocess.Popen" => {
                let shell = args.keyword("shell").is_some();
                let words = if shell {
                    self.line_words(site)
                } else {
                    first.words.clone().or_else(|| self.lone_word(site))
                };
                (words, param_of(&first).filter(|_| !shell))
            }
            "os.system"
            | "os.popen"
            | "subprocess.getoutput"
            | "subprocess.getstatusoutput"
            | "asyncio.create_subprocess_shell" => (self.line_words(site), None),
            "asyncio.create_subprocess_exec" => (self.argument_words(args, site), None),
            "os.fork" => (None, None),
            _ if name.starts_with("os.exec") => (None, None),
            _ => return,
        };
        let cwd = args.keyword("cwd").map(|cwd| cwd.keys.clone());
        self.emit(Act::Child {
            param: param.filter(|_| words.is_none()),
            words,
            cwd: cwd.unwrap_or_default(),
        });
    }

    /// The words of a list that is written down.
    pub(super) fn list_words(&self, elts: &'a [Expr], values: &[Value]) -> Option<Words> {
        let first = elts.first()?;
        let words = elts.iter().zip(values).map(|(elt, value)| Word {
            text: Sym::new(self.word_text(elt).unwrap_or_default()),
            keys: value.keys.clone(),
            many: elt.is_starred_expr(),
        });
        self.word_text(first).is_some().then(|| words.collect())
    }

    /// The text of a word, or the start of it.
    fn word_text(&self, expr: &'a Expr) -> Option<String> {
        match expr {
            Expr::FString(string) => match string.value.elements().next() {
                Some(InterpolatedStringElement::Literal(text)) => Some(text.value.to_string()),
                _ => None,
            },
            Expr::BinOp(operation) => self.word_text(&operation.left),
            Expr::Attribute(_) if self.text_of(expr.range()) == "sys.executable" => {
                Some("python".to_owned())
            }
            Expr::StringLiteral(_) | Expr::Name(_) => self.text_of_expr(expr),
            _ => None,
        }
    }

    /// `subprocess.run("uptime")`.
    fn lone_word(&self, site: Site<'a>) -> Option<Words> {
        let text = match site.node?.arguments.args.first()? {
            expr @ Expr::StringLiteral(_) => self.text_of_expr(expr)?,
            _ => return None,
        };
        let word = Word {
            text: Sym::new(text),
            keys: Vec::new(),
            many: false,
        };
        Some([word].into())
    }

    /// The words of separate arguments.
    fn argument_words(&self, args: &Args, site: Site<'a>) -> Option<Words> {
        let elts = &site.node?.arguments.args;
        let values: Vec<Value> = args
            .positional
            .iter()
            .map(|arg| arg.value.clone())
            .collect();
        if elts.len() == values.len() {
            return self.list_words(elts, &values);
        }
        None
    }

    /// The words of a line for a shell that is written down here.
    fn line_words(&mut self, site: Site<'a>) -> Option<Words> {
        let line = site.node?.arguments.args.first()?;
        let mut expr = line;
        if let Expr::Name(name) = line {
            expr = self.bound_expr(&name.id)?;
        }
        match expr {
            Expr::StringLiteral(text) => of_line(&[(text.value.to_str().to_owned(), Vec::new())]),
            Expr::FString(_) => {
                let pieces = self.quietly(|walker| walker.pieces(expr));
                let mut line: Vec<(String, Vec<Key>)> = Vec::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => line.push((text, Vec::new())),
                        Piece::Hole(keys) => match line.last_mut() {
                            Some((_, held)) if held.is_empty() => *held = keys,
                            _ => line.push((String::new(), keys)),
                        },
                    }
                }
                of_line(&line)
            }
            _ => None,
        }
    }
}

/// The parameter that the value is, if it is one as it came in.
pub(super) fn param_of(value: &Value) -> Option<u32> {
    match value.from.as_slice() {
        [Source::Param(at)] | [Source::Param(at), Source::Local(_)] => Some(*at),
        _ => None,
    }
}
