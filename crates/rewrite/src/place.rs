//! Indentation, lines, and stretches of text that move to another depth.

use rightlane_source::syntax::ast::{AnyNodeRef, Stmt};
use rightlane_source::syntax::{File, Ranged, TextLen, TextRange, TextSize};

/// White space that a line starts with.
pub(crate) type Indent = String;

/// The indentation of the line that a place is in.
pub(crate) fn line_indent(file: &File, place: TextSize) -> Indent {
    let start = file.line_start(file.line(place)).to_usize();
    let line = file.text().get(start..).unwrap_or("");
    let end = line.find(|c| c != ' ' && c != '\t').unwrap_or(line.len());
    line[..end].to_owned()
}

/// What one level of indentation is in this file: that of the first block; four spaces where there is none.
pub(crate) fn indent_unit(file: &File) -> String {
    let first = file.module().body.iter().find_map(|stmt| {
        let body = first_body(stmt)?;
        let inner = body.first()?;
        let own_line = file.line(inner.start()) > file.line(stmt.start());
        own_line.then(|| line_indent(file, inner.start()))
    });
    first
        .filter(|indent| !indent.is_empty())
        .unwrap_or_else(|| "    ".to_owned())
}

fn first_body(stmt: &Stmt) -> Option<&[Stmt]> {
    match stmt {
        Stmt::FunctionDef(def) => Some(&def.body),
        Stmt::ClassDef(class) => Some(&class.body),
        Stmt::For(each) => Some(&each.body),
        Stmt::While(each) => Some(&each.body),
        Stmt::If(test) => Some(&test.body),
        Stmt::With(with) => Some(&with.body),
        Stmt::Try(tried) => Some(&tried.body),
        _ => None,
    }
}

/// Whether a statement is the first thing in its line.
pub(crate) fn starts_line(file: &File, node: AnyNodeRef<'_>) -> bool {
    let start = file.line_start(file.line(node.start()));
    let before = TextRange::new(start, node.start());
    file.slice(before).chars().all(char::is_whitespace)
}

/// Where the line with a place ends, its line end left out; a comment there belongs to it.
pub(crate) fn line_end(file: &File, place: TextSize) -> TextSize {
    let text = &file.text()[place.to_usize()..];
    let end = text.find('\n').unwrap_or(text.len());
    let end = if text[..end].ends_with('\r') {
        end - 1
    } else {
        end
    };
    place + TextSize::try_from(end).unwrap_or_default()
}

/// What stands between a place and the end of its line, as a comment; `None` if there is none.
pub(crate) fn comment_after(file: &File, place: TextSize) -> Option<&str> {
    let rest = file.slice(TextRange::new(place, line_end(file, place)));
    let comment = rest.trim_start();
    comment.starts_with('#').then_some(comment)
}

/// The text of a range with some stretches replaced, and every line after the first moved from one
/// indentation to another. Lines that begin inside a string stay: they are its value.
pub(crate) fn moved(
    file: &File,
    range: TextRange,
    replacements: &[(TextRange, String)],
    from: &str,
    to: &str,
) -> String {
    let mut out = String::new();
    let mut at = range.start();
    let mut inside: Vec<&(TextRange, String)> = replacements
        .iter()
        .filter(|(place, _)| range.contains_range(*place))
        .collect();
    inside.sort_by_key(|(place, _)| place.start());
    for (place, text) in inside {
        shift(file, TextRange::new(at, place.start()), from, to, &mut out);
        out.push_str(text);
        at = place.end();
    }
    shift(file, TextRange::new(at, range.end()), from, to, &mut out);
    out
}

fn shift(file: &File, range: TextRange, from: &str, to: &str, out: &mut String) {
    let text = file.slice(range);
    let mut place = range.start();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let is_value = number > 0 && file.in_long_string(place);
        place += line.text_len();
        if number == 0 || is_value {
            out.push_str(line);
            continue;
        }
        let bare = line.strip_prefix(from).unwrap_or_else(|| {
            let depth = line.len() - line.trim_start_matches([' ', '\t']).len();
            &line[depth.min(from.len())..]
        });
        // The last piece goes on with what stands there instead.
        if !bare.trim().is_empty() || !line.ends_with('\n') {
            out.push_str(to);
        }
        out.push_str(bare);
    }
}

/// Generated lines, every line (the first, too) moved deeper.
pub(crate) fn deeper(text: &str, indent: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            out.push_str(indent);
        }
        out.push_str(line);
    }
    out
}

/// The blocks that a statement has.
pub(crate) fn blocks(stmt: &Stmt) -> Vec<&[Stmt]> {
    match stmt {
        Stmt::FunctionDef(def) => vec![&def.body],
        Stmt::ClassDef(class) => vec![&class.body],
        Stmt::With(with) => vec![&with.body],
        Stmt::For(each) => vec![&each.body, &each.orelse],
        Stmt::While(each) => vec![&each.body, &each.orelse],
        Stmt::If(one) => std::iter::once(&*one.body)
            .chain(one.elif_else_clauses.iter().map(|clause| &*clause.body))
            .collect(),
        Stmt::Try(one) => vec![&one.body, &one.orelse, &one.finalbody],
        _ => Vec::new(),
    }
}
