//! What a race showed, for people.

use crate::look::{Look, Role};
use crate::page::Page;
use crate::text::{api_words, speedup};
use comfy_table::{CellAlignment, ContentArrangement, Table};
use rightlane_facts::{Api, Family, ProveReport, RaceEnd, RaceRow, Raced, words};

const LABEL: usize = 10;

/// `report` for people.
#[must_use]
pub fn prove_text(report: &ProveReport, look: Look) -> String {
    let mut page = Page::new(look);
    headline(&mut page, report);
    if !report.race.is_empty() {
        page.heading("The race");
        for line in table(report, look).lines() {
            page.raw(line.trim_end());
        }
        page.blank();
        what_it_was(&mut page, report);
    }
    differing(&mut page, report);
    not_raced(&mut page, report);
    for doubt in &report.race_doubts {
        page.labelled(0, LABEL, "Mind", doubt);
    }
    page.finish()
}

/// A race that was held before, in a few lines.
#[must_use]
pub fn raced_text(program: &str, raced: &Raced, look: Look) -> String {
    let mut page = Page::new(look);
    let best = raced
        .best
        .and_then(|best| raced.rows.get(best))
        .filter(|_| raced.gain);
    let now = raced.rows.first().and_then(|row| row.seconds);
    let (Some(best), Some(now)) = (best, now) else {
        page.pieces(0, &[("Leave it as it is".to_owned(), Role::Good)]);
        page.labelled(
            2,
            LABEL,
            "Why",
            "a race showed nothing that is faster by more than the noise",
        );
        return page.finish();
    };
    page.pieces(
        0,
        &[
            ("Proved: ".to_owned(), Role::Strong),
            (api(best), Role::Good),
        ],
    );
    if let Some(place) = &raced.place {
        page.labelled(2, LABEL, "Where", &format!("{}:{}", place.file, place.line));
    }
    let seconds = best.seconds.unwrap_or(now);
    let gain = format!(
        "{} → {}, {} as fast, same output (in a race of {} before)",
        words::seconds(now),
        words::seconds(seconds),
        speedup(now / seconds),
        words::count(raced.rows.len() as u64, "variant"),
    );
    page.labelled(2, LABEL, "Measured", &gain);
    page.labelled(2, LABEL, "Again", &format!("rightlane prove {program}"));
    page.finish()
}

fn headline(page: &mut Page, report: &ProveReport) {
    let best = report.best.and_then(|best| report.race.get(best));
    let now = report.race.first().and_then(|row| row.seconds);
    let (Some(best), Some(now)) = (best, now) else {
        return without_result(page, report);
    };
    if report.gain {
        let with = api(best);
        page.pieces(
            0,
            &[("Proved: ".to_owned(), Role::Strong), (with, Role::Good)],
        );
    } else {
        page.pieces(0, &[("Leave it as it is".to_owned(), Role::Good)]);
    }
    if let Some(place) = &report.advice.verdict.place {
        page.labelled(2, LABEL, "Where", &format!("{}:{}", place.file, place.line));
    }
    measured(page, report, best, now);
    if !best.grade.reasons().is_empty() {
        page.labelled(2, LABEL, "Changes", &best.grade.reasons().join("; "));
    }
    if report.gain && report.advice.verdict.place.is_some() {
        let next = format!("rightlane apply {}", line(report));
        page.labelled(2, LABEL, "Next", &next);
    }
}

/// Why there is no fastest variant.
fn without_result(page: &mut Page, report: &ProveReport) {
    let stay = match report.advice.verdict.api {
        Api::Sequential => "Leave it sequential",
        _ => "Leave it as it is",
    };
    page.pieces(0, &[(stay.to_owned(), Role::Good)]);
    let why = match report.ended {
        RaceEnd::Interrupted => "the race was interrupted before there was a result".to_owned(),
        _ => crate::text::refusal(&report.advice.verdict)
            .unwrap_or("no other API could be written for it")
            .to_owned(),
    };
    page.labelled(2, LABEL, "Why", &why);
}

/// What the best gains, and what was predicted of it.
fn measured(page: &mut Page, report: &ProveReport, best: &RaceRow, now: f64) {
    let seconds = best.seconds.unwrap_or(now);
    let gain = match report.gain {
        true => format!(
            "{} → {}, {} as fast, same output",
            words::seconds(now),
            words::seconds(seconds),
            speedup(now / seconds)
        ),
        false if nothing_is_equal(report) => "no other variant gave the same output".to_owned(),
        false => format!(
            "nothing is faster than {} by more than the noise",
            words::seconds(now)
        ),
    };
    page.labelled(2, LABEL, "Measured", &gain);
    if let Some(predicted) = best.predicted_seconds.filter(|_| report.gain) {
        let off = (predicted - seconds) / seconds * 100.0;
        page.labelled(
            2,
            LABEL,
            "Predicted",
            &format!("{} ({off:+.0} %)", words::seconds(predicted)),
        );
    }
}

/// The program with its arguments, as a shell takes them: without these it is another program.
fn line(report: &ProveReport) -> String {
    let plain = |one: char| one.is_alphanumeric() || "-_./=:,+@%".contains(one);
    let quoted = |word: &String| match !word.is_empty() && word.chars().all(plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let arguments = report.advice.arguments.iter().map(quoted);
    std::iter::once(report.advice.program.clone())
        .chain(arguments)
        .collect::<Vec<String>>()
        .join(" ")
}

/// Whether variants were run and none did the same.
fn nothing_is_equal(report: &ProveReport) -> bool {
    let others = report.race.get(1..).unwrap_or_default();
    others.iter().any(|row| row.output_equal == Some(false))
        && !others.iter().any(|row| row.output_equal == Some(true))
}

fn what_it_was(page: &mut Page, report: &ProveReport) {
    let runs: usize = report.race.iter().map(|row| row.runs).sum();
    let place = if report.in_copy {
        ", each in a fresh copy of the working tree"
    } else {
        ""
    };
    let end = match report.ended {
        RaceEnd::OutOfBudget => "; the time budget was over (--time-budget gives it more)",
        RaceEnd::Interrupted => "; interrupted, so this is the result so far",
        RaceEnd::Done | RaceEnd::NothingToRace => "",
    };
    let text = format!(
        "Medians of {} in {}, taken in turns{place}{end}. Brackets: where the median is, with 95 %.",
        words::count(runs as u64, "run"),
        words::seconds(report.race_seconds)
    );
    page.paragraph(0, 0, &text);
}

/// The API and its settings; asyncio with blocking functions in threads is named so.
fn api(row: &RaceRow) -> String {
    if row.family == Family::Asyncio && row.settings.workers.is_some() {
        return format!(
            "asyncio.to_thread, at most {} at once",
            row.settings.workers.unwrap_or(0)
        );
    }
    let mut settings = row.settings;
    // The default of its Python.
    settings.start_method = None;
    api_words(row.api, &settings)
}

/// The same in few columns.
fn short(row: &RaceRow) -> String {
    let settings = &row.settings;
    let count = |name: &str, number: Option<u32>| match number {
        Some(number) => format!("{name}({number})"),
        None => name.to_owned(),
    };
    let name = match row.api {
        Api::Pool => count("Pool", settings.workers),
        Api::ThreadPool => count("ThreadPool", settings.workers),
        Api::Thread => count("Thread", settings.workers),
        Api::Process => count("Process", settings.workers),
        api if api.family() == Family::Asyncio => match (settings.workers, settings.limit) {
            (Some(workers), _) => format!("to_thread, {workers} at once"),
            (None, Some(limit)) => format!("asyncio, {limit} at once"),
            (None, None) => "asyncio".to_owned(),
        },
        api => count(api.name(), settings.workers),
    };
    match settings.chunksize.filter(|size| *size > 1) {
        Some(size) => format!("{name}, chunks of {}", words::thousands(size)),
        None => name,
    }
}

fn table(report: &ProveReport, look: Look) -> String {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(look.width()).unwrap_or(80));
    let several = report
        .race
        .iter()
        .any(|row| row.python != report.race[0].python);
    let mut header = vec!["", ""];
    if several {
        header.push("Python");
    }
    header.extend(["wall", "95 %", "gain", "predicted"]);
    // Both tables have to fit into 80 columns.
    if !several {
        header.extend(["CPU", "memory"]);
    }
    table.set_header(header);
    let mut order: Vec<usize> = (0..report.race.len()).collect();
    let key = |index: &usize| report.race[*index].seconds.unwrap_or(f64::INFINITY);
    order.sort_by(|a, b| key(a).total_cmp(&key(b)));
    for index in order {
        let row = &report.race[index];
        let mark = if report.best == Some(index) { "*" } else { "" };
        let mut cells = vec![mark.to_owned(), short(row)];
        if several {
            cells.push(row.python.clone());
        }
        cells.extend(figures(row).into_iter().take(header_figures(several)));
        table.add_row(cells);
    }
    for index in 2..=8 {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

fn header_figures(several: bool) -> usize {
    if several { 4 } else { 6 }
}

fn figures(row: &RaceRow) -> [String; 6] {
    let wall = match (row.seconds, &row.differs) {
        (Some(seconds), _) => words::seconds(seconds),
        (None, Some(_)) => "differs".to_owned(),
        (None, None) => "not run".to_owned(),
    };
    let interval = row
        .interval
        .map_or_else(String::new, |(low, high)| format!("{low:.2}-{high:.2}"));
    let gain = match row.api {
        Api::Sequential => String::new(),
        _ => row.speedup.map_or_else(String::new, speedup),
    };
    [
        wall,
        interval,
        gain,
        row.predicted_seconds
            .map_or_else(String::new, words::seconds),
        row.cpu_seconds.map_or_else(String::new, words::seconds),
        row.peak_bytes
            .map_or_else(String::new, |bytes| words::bytes(bytes as f64)),
    ]
}

/// Variants that did something else, with where.
fn differing(page: &mut Page, report: &ProveReport) {
    let rows: Vec<(&RaceRow, &String)> = report
        .race
        .iter()
        .filter_map(|row| Some((row, row.differs.as_ref()?)))
        .collect();
    if rows.is_empty() {
        return;
    }
    page.heading("Not the same output");
    for (row, differs) in rows {
        page.paragraph(2, 2, &format!("{}: {differs}", api(row)));
    }
    page.paragraph(
        2,
        2,
        "--output-equal sorted, unordered, ignore or a command is for output that may differ.",
    );
}

fn not_raced(page: &mut Page, report: &ProveReport) {
    if report.not_raced.is_empty() {
        return;
    }
    page.heading("Not raced");
    for one in &report.not_raced {
        let in_threads = one.api.family() == Family::Asyncio && one.settings.workers.is_some();
        let name = if in_threads {
            "asyncio.to_thread"
        } else {
            one.api.name()
        };
        page.paragraph(2, 2, &format!("{name}: {}", one.reason));
    }
}
