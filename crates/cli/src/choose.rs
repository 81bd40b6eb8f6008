//! `rightlane choose`: the guide's questions, answered by flags or one at a time.
//!
//! - Answers given by flags: the verdict on them. What is not answered is assumed, and shown.
//! - No answers, on a terminal: the questions are asked, on stderr, so that stdout can go into a
//!   file. Ctrl-C ends with 130, the end of the input with 2.
//! - No answers, no terminal: an overview of questions, flags and the chart.

mod ask;
mod flags;
mod json;
mod markdown;
mod overview;
mod text;

use crate::args::{ColorWhen, Format};
use crate::failure::exit;
use crate::terminal::{self, Stream};
use ask::Stopped;
use rightlane_advise::guide::{Answers, decide};
use rightlane_report::Page;
use std::io::{self, IsTerminal};

/// The command line of `rightlane choose`. Its flags are made from the guide's tables, so `clap`'s
/// derive cannot make them.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) answers: Answers,
    pub(crate) format: Format,
    pub(crate) markdown: bool,
    pub(crate) color: ColorWhen,
}

/// Runs `rightlane choose` and returns the exit code.
pub(crate) fn run(args: &Args) -> i32 {
    if args.markdown {
        terminal::write(Stream::Out, &markdown::markdown());
        return exit::DONE;
    }
    if args.answers.any() {
        show(args, &args.answers, false);
        return exit::DONE;
    }
    if io::stdin().is_terminal() && terminal::is_terminal(Stream::Err) {
        return ask(args);
    }
    if args.format == Format::Json {
        show(args, &args.answers, false);
    } else {
        let mut page = Page::new(terminal::look(Stream::Out, args.color));
        overview::write(&mut page);
        terminal::write(Stream::Out, &page.finish());
    }
    exit::DONE
}

fn ask(args: &Args) -> i32 {
    let look = terminal::look(Stream::Err, args.color);
    let mut say = |text: &str| terminal::write(Stream::Err, text);
    let mut input = io::stdin().lock();
    match ask::ask(args.answers.clone(), look, &mut input, &mut say) {
        Ok(answers) => {
            show(args, &answers, true);
            exit::DONE
        }
        Err(Stopped::Interrupted) => {
            terminal::write(Stream::Err, "\n");
            exit::INTERRUPTED
        }
        Err(Stopped::InputEnded) => {
            terminal::say(
                "\nrightlane: the input ended before the questions did\n  \
                 Enter skips a question; answers by flags: rightlane choose --help",
            );
            exit::USAGE
        }
    }
}

fn show(args: &Args, answers: &Answers, asked: bool) {
    let verdict = decide(answers);
    let text = match args.format {
        Format::Json => json::json(answers, &verdict),
        Format::Text => {
            let mut page = Page::new(terminal::look(Stream::Out, args.color));
            text::write(&mut page, answers, &verdict, asked);
            page.finish()
        }
    };
    terminal::write(Stream::Out, &text);
}
