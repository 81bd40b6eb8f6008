//! The manual pages of `check`'s rules.

use rightlane_report::Page;
use rightlane_source::check::{GROUPS, RULES, Rule};

/// All rules by group, one line each.
pub(super) fn list(page: &mut Page) {
    page.paragraph(
        0,
        0,
        "The rules of `rightlane check`; the whole page on one: rightlane explain CODE.",
    );
    for group in GROUPS {
        page.heading(&format!(
            "{} ({}xx): {}",
            group.name, group.prefix, group.about
        ));
        for rule in RULES
            .iter()
            .filter(|rule| rule.code.starts_with(group.prefix))
        {
            let fix = if rule.has_fix() { " (--fix)" } else { "" };
            page.labelled(
                1,
                8,
                rule.code,
                &format!("{}: {}{fix}", rule.name(), rule.summary()),
            );
        }
    }
}

/// One rule's page: Markdown with headings, paragraphs and code, laid out for the terminal.
pub(super) fn write(page: &mut Page, rule: &Rule) {
    page.heading(&format!("{} {}", rule.code, rule.name()));
    let manual = rule.manual();
    let mut paragraph = String::new();
    let mut code: Option<String> = None;
    for line in manual.lines().chain([""]) {
        match &mut code {
            Some(text) if line.starts_with("```") => {
                page.blank();
                page.verbatim(4, text);
                code = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.starts_with("```") => {
                end(page, &mut paragraph);
                code = Some(String::new());
            }
            None if line.starts_with("## ") => {
                end(page, &mut paragraph);
                page.heading(line.trim_start_matches("## "));
            }
            None if line.trim().is_empty() => end(page, &mut paragraph),
            None => {
                // An item of a list starts a line.
                if line.starts_with("- ") {
                    end(page, &mut paragraph);
                }
                paragraph.push_str(line);
                paragraph.push(' ');
            }
        }
    }
}

fn end(page: &mut Page, paragraph: &mut String) {
    if !paragraph.is_empty() {
        let hang = if paragraph.starts_with("- ") { 2 } else { 0 };
        page.paragraph(0, hang, paragraph.trim_end());
        paragraph.clear();
    }
}
