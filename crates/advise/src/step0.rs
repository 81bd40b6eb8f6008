//! Step 0: is it legal and worth it?

use crate::candidate::Candidate;
use crate::plans::Option_;
use rightlane_facts::words::{percent, seconds};
use rightlane_facts::{Answer, Evidence, EvidenceSource, Place, Step};

/// Below this share of the wall time even an infinite speed-up of the site saves less than the
/// run-to-run noise measured here (differences under 10 % are noise: corpus/README.md).
pub(crate) const LEAST_SHARE: f64 = 0.1;
/// A site with less work than this is over before a person notices.
pub(crate) const LEAST_SECONDS: f64 = 0.1;
/// A predicted gain below this is within noise (as above) and not worth a change of code.
pub(crate) const LEAST_GAIN: f64 = 0.12;

/// Why the task may not run concurrently, if it may not.
pub(crate) fn dependence(candidate: &Candidate<'_>) -> Option<String> {
    let independence = &candidate.workload.independence;
    if independence.answer == Answer::Yes {
        return None;
    }
    let because = independence.carriers.first().map_or_else(
        || "nothing shows that the tasks are independent".to_owned(),
        |carrier| {
            format!(
                "{}:{}: {}",
                carrier.place.file, carrier.place.line, carrier.why
            )
        },
    );
    Some(match independence.answer {
        Answer::No => format!("the tasks depend on each other ({because})"),
        _ => format!("the tasks may depend on each other ({because})"),
    })
}

/// Why the site stays sequential whatever the API, if it does.
pub(crate) fn stop(candidate: &Candidate<'_>, options: &[Option_]) -> Option<String> {
    obstacle(candidate).or_else(|| no_gain(candidate, options))
}

/// The part of [`stop`] that needs no simulation.
pub(crate) fn obstacle(candidate: &Candidate<'_>) -> Option<String> {
    if let Some(reason) = dependence(candidate) {
        return Some(reason);
    }
    if candidate.workload.tasks < 2 {
        return Some("there is only one task".to_owned());
    }
    if let Some(exit) = &candidate.site.early_exit {
        return Some(format!(
            "the loop may end early ({}:{}): work issued past that point would be wasted",
            exit.file, exit.line
        ));
    }
    if candidate.share < LEAST_SHARE || candidate.seconds < LEAST_SECONDS {
        return Some(format!(
            "it is {} of the run ({}): too little to gain",
            percent(candidate.share),
            seconds(candidate.seconds)
        ));
    }
    None
}

fn no_gain(candidate: &Candidate<'_>, options: &[Option_]) -> Option<String> {
    let best = options[1..]
        .iter()
        .filter(|option| option.ruled_out.is_none())
        .min_by(|a, b| a.prediction.seconds.total_cmp(&b.prediction.seconds));
    let Some(best) = best else {
        let why = options[1..]
            .iter()
            .find_map(|option| option.ruled_out.clone());
        return Some(why.unwrap_or_else(|| "no API fits".to_owned()));
    };
    let now = sequential_seconds(candidate, options);
    (best.prediction.seconds > now * (1.0 - LEAST_GAIN)).then(|| {
        format!(
            "the best alternative ({}) would take about {} instead of {}",
            best.alternative().api.name(),
            seconds(best.prediction.seconds),
            seconds(now)
        )
    })
}

/// The site's seconds as it is, without the time that other programs took away: what the
/// alternatives have to be compared with.
pub(crate) fn sequential_seconds(candidate: &Candidate<'_>, options: &[Option_]) -> f64 {
    let replayed = options[0].prediction.seconds;
    if replayed > 0.0 {
        replayed
    } else {
        candidate.seconds
    }
}

/// The step as it stands in the verdict.
pub(crate) fn step(candidate: &Candidate<'_>, stopped: Option<&str>) -> Step {
    Step {
        step: "0".to_owned(),
        question: "Is it legal and worth it?".to_owned(),
        answer: match stopped {
            Some(reason) => format!("no: {reason}"),
            None => "yes".to_owned(),
        },
        evidence: evidence(candidate),
    }
}

fn evidence(candidate: &Candidate<'_>) -> Vec<Evidence> {
    let site = candidate.site;
    let here = Place {
        file: site.file.clone(),
        line: site.span.line,
    };
    let mut evidence = vec![Evidence::at(
        EvidenceSource::Observed,
        format!(
            "{} of the wall time ({}) is spent here",
            percent(candidate.share),
            seconds(candidate.seconds)
        ),
        here.clone(),
    )];
    let independence = &candidate.workload.independence;
    match independence.answer {
        Answer::Yes => evidence.push(Evidence::at(
            EvidenceSource::Read,
            "no iteration needs what another one leaves behind",
            here,
        )),
        _ => evidence.extend(independence.carriers.iter().map(|carrier| {
            Evidence::at(
                EvidenceSource::Read,
                format!("{}: {}", carrier.name, carrier.why),
                carrier.place.clone(),
            )
        })),
    }
    evidence
}
