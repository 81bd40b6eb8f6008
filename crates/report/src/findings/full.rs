//! Each finding with the lines around it.

use super::error_place;
use crate::look::{Look, Role};
use crate::page::clean;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use rightlane_facts::{CheckReport, Finding};
use std::fmt::Write as _;

/// The findings with excerpts of the source, each with what to write instead.
#[must_use]
pub fn full(report: &CheckReport, look: Look) -> String {
    let mut text = String::new();
    for error in &report.errors {
        let place = look.paint(Role::Strong, &clean(&error_place(error)));
        let _ = writeln!(text, "{place}: {}\n", clean(&error.message));
    }
    let renderer = match look.is_colored() {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let renderer = renderer.term_width(look.width());
    for finding in &report.findings {
        text.push_str(&excerpt(finding, &renderer));
        text.push_str("\n\n");
    }
    text
}

fn excerpt(finding: &Finding, renderer: &Renderer) -> String {
    // Lines of other people's files could drive the terminal.
    let source = harmless(&finding.excerpt.text);
    let path = match finding.cell {
        Some(cell) => format!("{}:cell {cell}", finding.file),
        None => finding.file.clone(),
    };
    let (path, message) = (clean(&path), clean(&finding.message));
    let (start, end) = within(&source, finding);
    let snippet = Snippet::source(source.as_str())
        .line_start(finding.excerpt.first_line.max(1) as usize)
        .path(path.as_ref())
        .annotation(AnnotationKind::Primary.span(start..end));
    let title = Level::WARNING
        .with_name(finding.code.as_str())
        .primary_title(message.as_ref());
    let mut group = title.element(snippet);
    let help = finding.help.as_deref().map(clean);
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_ref()));
    }
    renderer.render(&[group])
}

/// The finding's place in the cleaned excerpt, on character boundaries. What ends on a later line is
/// shown to the end of its first: a long call would fill the screen.
fn within(source: &str, finding: &Finding) -> (usize, usize) {
    let boundary = |at: usize| {
        (0..=at.min(source.len()))
            .rev()
            .find(|at| source.is_char_boundary(*at))
            .unwrap_or(0)
    };
    let start = boundary(finding.excerpt.start);
    let line_end = source[start..]
        .find('\n')
        .map_or(source.len(), |end| start + end);
    (start, boundary(finding.excerpt.end).clamp(start, line_end))
}

/// Control characters, and those that turn the direction of writing, are replaced by others of as many
/// bytes, so that places stay right.
fn harmless(text: &str) -> String {
    let replaced = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_ascii_control() => ' ',
        c if c.is_control() => '\u{b7}',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(replaced).collect()
}
