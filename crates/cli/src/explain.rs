//! `rightlane explain`: one page on an API, a step of the procedure, or a rule of `check`.

mod pages;
mod rules;

use crate::args::ColorWhen;
use crate::failure::Failure;
use crate::terminal::{self, Stream};
use pages::{PAGES, Topic};
use rightlane_report::Page;

/// Prints the page on `topic`, or the list of topics.
pub(crate) fn run(topic: Option<&str>, color: ColorWhen) -> Result<(), Failure> {
    let mut page = Page::new(terminal::look(Stream::Out, color));
    match topic {
        None => list(&mut page),
        Some(name) if normal(name) == "rules" => rules::list(&mut page),
        Some(name) => match rightlane_source::check::rule(name) {
            Some(rule) => rules::write(&mut page, rule),
            None => write(&mut page, find(name)?),
        },
    }
    terminal::write(Stream::Out, &page.finish());
    Ok(())
}

fn find(name: &str) -> Result<&'static Topic, Failure> {
    let wanted = normal(name);
    PAGES
        .iter()
        .find(|topic| topic.names.iter().any(|name| normal(name) == wanted))
        .ok_or_else(|| {
            Failure::usage(format!("there is no page on {name}"))
                .instead("the list: rightlane explain")
        })
}

/// Names without case and punctuation: `ThreadPool`, `thread-pool` and `THREAD_POOL` are one.
fn normal(name: &str) -> String {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn list(page: &mut Page) {
    page.paragraph(0, 0, "rightlane explain TOPIC, with one of:");
    page.blank();
    for topic in PAGES {
        page.labelled(1, 33, topic.names[0], topic.title);
    }
    page.labelled(1, 33, "rules", "the rules of `rightlane check`");
}

fn write(page: &mut Page, topic: &Topic) {
    page.heading(&format!("{}: {}", topic.names[0], topic.title));
    for paragraph in topic.text {
        page.blank();
        page.paragraph(0, 0, paragraph);
    }
    if !topic.code.is_empty() {
        page.blank();
        page.verbatim(4, topic.code);
    }
    for (label, text) in [("Take it", topic.take), ("Leave it", topic.leave)] {
        if !text.is_empty() {
            page.blank();
            page.labelled(0, 10, label, text);
        }
    }
}
