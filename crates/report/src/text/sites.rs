//! Where the time goes: the program as a whole, then its hot sites.

use super::bar::{bar, legend, parts};
use super::headline::refusal;
use super::settings::{api_words, range, speedup};
use crate::look::Role;
use crate::page::{Page, shortened};
use rightlane_facts::{AdviceReport, Answer, Api, Carrier, Ledger, SiteReport, words};

const BAR: usize = 20;
const SHOWN: usize = 6;
const LEAST_SHARE: f64 = 0.01;

pub(super) fn write(page: &mut Page, report: &AdviceReport) {
    page.heading("Where the time goes");
    program(page, report);
    let hot: Vec<&SiteReport> = report
        .sites
        .iter()
        .filter(|site| site.share >= LEAST_SHARE)
        .take(SHOWN)
        .collect();
    for (index, site) in hot.iter().enumerate() {
        page.blank();
        self::site(page, index + 1, site);
    }
    let rest = report.sites.len() - hot.len();
    if rest > 0 {
        page.blank();
        let text = format!(
            "{} not shown, all of them in --format json",
            words::count(rest as u64, "site")
        );
        page.styled(1, 0, Role::Quiet, &text);
    }
}

fn program(page: &mut Page, report: &AdviceReport) {
    let gil = if report.python.gil { "" } else { ", no GIL" };
    let cores = report.machine.cores;
    let plural = if (cores - 1.0).abs() < 1e-9 { "" } else { "s" };
    let facts = format!(
        "{} in all, Python {}{gil}, {} core{plural}",
        words::seconds(report.wall_seconds),
        report.python.version,
        trimmed(cores),
    );
    page.styled(1, 2, Role::Plain, &facts);
    time_bar(page, 1, &report.ledger);
}

fn site(page: &mut Page, number: usize, site: &SiteReport) {
    let place = format!("{}:{}", site.file, site.line);
    let share = words::percent(site.share);
    let room = page
        .look()
        .width()
        .saturating_sub(place.chars().count() + share.len() + 9);
    let left = [
        (format!("{number}  "), Role::Quiet),
        (place, Role::Strong),
        (
            format!("  {}", shortened(&site.callee, room.max(16))),
            Role::Code,
        ),
    ];
    page.spread(1, &left, &(share, Role::Strong));
    if site.tasks > 0 {
        page.styled(4, 2, Role::Plain, &tasks(site));
    }
    time_bar(page, 4, &site.ledger);
    independence(page, site);
    site_verdict(page, site);
}

fn tasks(site: &SiteReport) -> String {
    let spread = site.task_spread;
    let mean = words::seconds(site.task_seconds);
    let tasks = words::count(site.tasks, "task");
    if site.tasks > 1 && spread.p90 > 0.0 && spread.p90 > 1.2 * spread.p10 {
        format!(
            "{tasks} × {mean} (most {})",
            range((spread.p10, spread.p90))
        )
    } else {
        format!("{tasks} × {mean}")
    }
}

/// The bar with its legend beside it; the legend goes on below itself where it is long.
fn time_bar(page: &mut Page, indent: usize, ledger: &Ledger) {
    let parts = parts(ledger);
    if parts.is_empty() {
        return;
    }
    let look = page.look();
    let room = look.width().saturating_sub(indent + BAR + 2);
    let mut lines: Vec<String> = Vec::new();
    for entry in legend(&parts) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + entry.chars().count() <= room => {
                line.push_str("  ");
                line.push_str(&entry);
            }
            _ => lines.push(entry),
        }
    }
    let margin = " ".repeat(indent);
    for (index, line) in lines.iter().enumerate() {
        if index == 0 {
            page.raw(&format!("{margin}{}  {line}", bar(&parts, BAR, look)));
        } else {
            page.raw(&format!("{margin}{}  {line}", " ".repeat(BAR)));
        }
    }
}

fn independence(page: &mut Page, site: &SiteReport) {
    let (word, role) = match site.independence.answer {
        Answer::Yes => ("yes", Role::Good),
        Answer::No => ("no", Role::Bad),
        Answer::Unknown => ("unknown", Role::Doubtful),
    };
    let mut carriers = site.independence.carriers.iter();
    let Some(first) = carriers.next() else {
        page.labelled_as(4, 13, ("independent", Role::Quiet), (word, role));
        return;
    };
    let text = format!("{word}: {}", carried(first));
    page.labelled_as(4, 13, ("independent", Role::Quiet), (&text, role));
    if let Some(change) = &first.change {
        page.labelled_as(4, 13, ("to change", Role::Quiet), (change, Role::Plain));
    }
    for carrier in carriers.take(2) {
        page.labelled_as(4, 13, ("", Role::Quiet), (&carried(carrier), role));
    }
}

fn carried(carrier: &Carrier) -> String {
    let Carrier {
        name, place, why, ..
    } = carrier;
    format!("{name}: {why} ({}:{})", place.file, place.line)
}

fn site_verdict(page: &mut Page, site: &SiteReport) {
    let verdict = &site.verdict;
    let text = if verdict.api == Api::Sequential {
        match refusal(verdict) {
            Some(reason) => format!("sequential: {reason}"),
            None => "sequential".to_owned(),
        }
    } else {
        format!(
            "{}: {} predicted, {} as fast",
            api_words(verdict.api, &verdict.settings),
            words::seconds(verdict.predicted_seconds),
            speedup(verdict.predicted_speedup),
        )
    };
    page.labelled_as(4, 13, ("verdict", Role::Quiet), (&text, Role::Plain));
}

/// Cores without needless digits: `2`, `1.5`.
fn trimmed(cores: f64) -> String {
    let text = format!("{cores:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
