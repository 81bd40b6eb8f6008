//! What an edit's grade says besides what the split itself changes: whether the tasks may run side by side,
//! and what of their effects is seen.

use crate::outcome::Outcome;
use crate::request::Request;
use rightlane_facts::{
    Answer, Carrier, Crossing, Effect, EffectKind, Family, Grade, Independence, SiteKind,
    StartMethod, TaskPart,
};

/// The grade, from what the source says of the task.
pub(crate) fn judged(request: &Request<'_>, outcome: &Outcome) -> Grade {
    let mut grade = outcome.grade();
    let (independence, effects, crossing) = of_part(request);
    // Everything in the lines that became the task is done by it.
    let within = outcome.lines.map(|lines| effects_in(request, lines));
    let (effects, crossing) = match &within {
        Some(within) => (within.as_slice(), &request.site.crossing),
        None => (effects, crossing),
    };
    let body = in_lines(&request.site.independence, outcome.lines);
    let independence = body.as_ref().unwrap_or(independence);
    let answer = match asked_first(request, independence) {
        true => Answer::Yes,
        false => independence.answer,
    };
    match answer {
        Answer::Yes => {}
        Answer::No => return Grade::ShowOnly(vec![carried(independence, "depend on each other")]),
        Answer::Unknown => {
            grade = grade.and_changes(carried(independence, "may depend on each other"))
        }
    }
    let copies = matches!(request.api.family(), Family::Process | Family::Interpreter);
    if copies {
        if crossing.importable == Answer::No && !outcome.extracted {
            let doubt = crossing.doubts.first().map_or("", String::as_str);
            let why = format!("the task cannot be found by name in another process: {doubt}");
            return Grade::ShowOnly(vec![why.trim_end_matches([':', ' ']).to_owned()]);
        }
        // What is known to be impossible would fail at the first task.
        if let Some(doubt) = crossing
            .doubts
            .iter()
            .find(|doubt| doubt.ends_with("cannot be sent to another process"))
        {
            return Grade::ShowOnly(vec![doubt.clone()]);
        }
        for doubt in &crossing.doubts {
            grade = grade.and_changes(doubt.clone());
        }
        if let Some(name) = crossing.stale_globals.first().filter(|_| !forks(request)) {
            grade = grade.and_changes(format!(
                "{name} is changed after import, and a worker that is started anew sees its first value"
            ));
        }
    }
    for effect in run_effects(request).into_iter().flatten().chain(effects) {
        if let Some(reason) = seen(effect, copies) {
            grade = grade.and_changes(reason);
        }
    }
    grade
}

/// What is done in these lines, and by what is called there.
fn effects_in(request: &Request<'_>, (first, last): (u32, u32)) -> Vec<Effect> {
    let lines = first..=last;
    let site = request.site;
    let calls = site
        .calls
        .iter()
        .filter(|call| lines.contains(&call.span.line));
    let own = site
        .effects
        .iter()
        .filter(|effect| lines.contains(&effect.place.line));
    calls
        .flat_map(|call| &call.effects)
        .chain(own)
        .cloned()
        .collect()
}

/// What carries state within the lines that became the task: what the rest of the body adds up stays in order.
fn in_lines(body: &Independence, lines: Option<(u32, u32)>) -> Option<Independence> {
    let (first, last) = lines?;
    let carriers: Vec<Carrier> = body
        .carriers
        .iter()
        .filter(|carrier| (first..=last).contains(&carrier.place.line))
        .cloned()
        .collect();
    let answer = if carriers.is_empty() {
        Answer::Yes
    } else {
        body.answer
    };
    Some(Independence { answer, carriers })
}

/// How often a `while` loop goes round does not matter any more: its test is asked, and its items are collected,
/// before there are tasks.
fn asked_first(request: &Request<'_>, independence: &Independence) -> bool {
    let goes_round = |carrier: &Carrier| carrier.why.starts_with("how often the loop goes round");
    request.site.kind == SiteKind::While && independence.carriers.iter().all(goes_round)
}

fn forks(request: &Request<'_>) -> bool {
    match request.settings.start_method {
        Some(method) => method == StartMethod::Fork,
        None => request.python < (3, 14),
    }
}

fn of_part<'r>(request: &Request<'r>) -> (&'r Independence, &'r [Effect], &'r Crossing) {
    let site = request.site;
    match request.part {
        TaskPart::Call(index) if *index < site.calls.len() => {
            let call = &site.calls[*index];
            (&call.independence, &call.effects, &call.crossing)
        }
        // Of a run only its members' effects count: see `run_effects`.
        TaskPart::Groups(_) => (&site.independence, &[], &site.crossing),
        _ => (&site.independence, &site.effects, &site.crossing),
    }
}

/// Effects of the members of a run that get workers.
fn run_effects<'r>(request: &Request<'r>) -> Option<impl Iterator<Item = &'r Effect> + use<'r>> {
    let TaskPart::Groups(groups) = request.part else {
        return None;
    };
    let members = groups
        .iter()
        .flatten()
        .filter_map(|index| request.site.members.get(*index));
    Some(members.flat_map(|member| &member.effects))
}

fn carried(independence: &Independence, how: &str) -> String {
    let Some(carrier) = independence.carriers.first() else {
        return format!("iterations {how}");
    };
    let change = carrier
        .change
        .as_ref()
        .map_or_else(String::new, |change| format!("; {change}"));
    format!(
        "iterations {how} by `{}` (line {}): {}{change}",
        carrier.name, carrier.place.line, carrier.why
    )
}

/// What can be seen of an effect when tasks run side by side.
fn seen(effect: &Effect, copies: bool) -> Option<String> {
    let line = effect.place.line;
    match effect.kind {
        EffectKind::Prints => Some(format!(
            "lines that tasks print (line {line}) come in the order of their work"
        )),
        EffectKind::Logs => Some(format!(
            "log records of tasks (line {line}) come in the order of their work"
        )),
        EffectKind::WritesGlobal | EffectKind::WritesAttribute | EffectKind::WritesArgument
            if copies =>
        {
            Some(format!(
                "what a task changes (line {line}) changes in its own process only"
            ))
        }
        EffectKind::WritesFile
        | EffectKind::DeletesFile
        | EffectKind::Database
        | EffectKind::Network => Some(
            "when a task fails, those of later items may have done their work already".to_owned(),
        ),
        _ => None,
    }
}
