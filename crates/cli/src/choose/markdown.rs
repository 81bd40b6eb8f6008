//! The whole guide as a Markdown page: `docs/choose.md` is this text.

use super::flags::command;
use rightlane_advise::guide::{
    Answers, Choice, DIFFERENCES, Difference, EXAMPLES, QUESTIONS, Question, STEPS, chart, decide,
};
use rightlane_facts::Api;
use std::fmt::{self, Write};

/// The page.
pub(super) fn markdown() -> String {
    let mut page = String::new();
    // Writing into a `String` cannot fail.
    let _ = write_page(&mut page);
    page
}

fn write_page(page: &mut String) -> fmt::Result {
    writeln!(
        page,
        "<!-- Written by `rightlane choose --markdown`: do not edit. -->\n\n\
         # Which concurrency API?\n\n\
         Answer what you know and leave out the rest: `rightlane choose` asks one question at a \
         time, or takes the flags below. What is not answered is assumed, and the answer says so.\n\n\
         ## The chart\n\n\
         The questions that matter most. All others refine it.\n\n\
         ```text\n{}```\n",
        chart()
    )?;
    examples(page)?;
    questions(page)?;
    differences(page)?;
    programs(page)
}

fn examples(page: &mut String) -> fmt::Result {
    writeln!(
        page,
        "## Examples\n\n| task | API | command |\n|---|---|---|"
    )?;
    for example in &EXAMPLES {
        let answers = (example.answers)();
        let api = decide(&answers).api.name();
        writeln!(
            page,
            "| {} | `{api}` | `{}` |",
            example.task,
            command(&answers)
        )?;
    }
    writeln!(page)
}

fn questions(page: &mut String) -> fmt::Result {
    writeln!(page, "## The questions\n")?;
    for step in STEPS {
        writeln!(page, "### {}\n", step.heading)?;
        for row in QUESTIONS.iter().filter(|row| row.step == step.number) {
            question(page, row)?;
        }
    }
    Ok(())
}

fn question(page: &mut String, question: &Question) -> fmt::Result {
    writeln!(page, "**{}** {}\n", question.text, question.help)?;
    for (index, row) in question.answers.iter().enumerate() {
        writeln!(page, "- `{}`: {}", question.flag_for(index), row.label)?;
    }
    writeln!(page)
}

fn differences(page: &mut String) -> fmt::Result {
    writeln!(
        page,
        "## Pool or Executor\n\n\
         *Pool* is `multiprocessing.Pool` or `multiprocessing.pool.ThreadPool`, *Executor* is \
         `ProcessPoolExecutor` or `ThreadPoolExecutor`. Where needs of both sides meet, Executor \
         is the answer. \"Since\" is the Python version of the side that has it.\n"
    )?;
    writeln!(
        page,
        "| you need to | `--needs` | made for it | Pool | Executor | since |"
    )?;
    writeln!(page, "|---|---|---|---|---|---|")?;
    for row in &DIFFERENCES {
        writeln!(
            page,
            "| {} | `{}` | {} | {} | {} | [{}.{}]({}) |",
            row.what,
            row.word,
            row.side.map_or("both", Choice::name),
            row.pool,
            row.executor,
            row.since.0,
            row.since.1,
            row.source,
        )?;
    }
    writeln!(
        page,
        "\nThe same needs without a pool:\n\n\
         | `--needs` | a thread or process of its own | asyncio |\n|---|---|---|"
    )?;
    for Difference {
        word, own, asyncio, ..
    } in &DIFFERENCES
    {
        writeln!(page, "| `{word}` | {own} | {asyncio} |")?;
    }
    writeln!(page)
}

/// One program for each API that an example comes to, or that is an alternative to one.
fn programs(page: &mut String) -> fmt::Result {
    writeln!(page, "## The code\n\nEach program runs as it is.")?;
    let mut seen: Vec<Api> = Vec::new();
    let verdicts = EXAMPLES.iter().map(|example| (example.answers)());
    for answers in verdicts.chain([Answers::default()]) {
        let verdict = decide(&answers);
        if seen.contains(&verdict.api) {
            continue;
        }
        seen.push(verdict.api);
        let name = verdict.api.name();
        writeln!(page, "\n### {name}\n\n```python\n{}```", verdict.code)?;
        for caveat in &verdict.caveats {
            writeln!(
                page,
                "{}- {caveat}",
                if caveat == &verdict.caveats[0] {
                    "\n"
                } else {
                    ""
                }
            )?;
        }
    }
    Ok(())
}
