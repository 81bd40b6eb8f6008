//! Settings in words.

use rightlane_facts::{Api, Settings, words};

/// `settings` as people say them: `8 workers, chunks of 64, start method spawn`; empty where the
/// API has none.
#[must_use]
pub fn settings_words(settings: &Settings) -> String {
    let mut parts = Vec::new();
    if let Some(workers) = settings.workers {
        parts.push(words::count(u64::from(workers), "worker"));
    }
    if let Some(chunk) = settings.chunksize.filter(|chunk| *chunk > 1) {
        parts.push(format!("chunks of {}", words::thousands(chunk)));
    }
    if let Some(method) = settings.start_method {
        parts.push(format!("start method {}", method.name()));
    }
    if let Some(limit) = settings.limit {
        parts.push(format!("at most {limit} in flight"));
    }
    parts.join(", ")
}

/// The API with its settings on one line.
pub(crate) fn api_words(api: Api, settings: &Settings) -> String {
    let with = settings_words(settings);
    if with.is_empty() {
        api.name().to_owned()
    } else {
        format!("{}, {with}", api.name())
    }
}

/// A speed-up: `14×`, `1.6×`.
pub(crate) fn speedup(factor: f64) -> String {
    if factor < 9.95 {
        format!("{factor:.1}×")
    } else {
        format!("{factor:.0}×")
    }
}

/// A range of seconds, with the unit once where both ends share it.
pub(super) fn range((low, high): (f64, f64)) -> String {
    let (low, high) = (words::seconds(low), words::seconds(high));
    if low == high {
        return format!("about {low}");
    }
    match (low.rsplit_once(' '), high.rsplit_once(' ')) {
        (Some((value, unit)), Some((_, same))) if unit == same && !value.contains(' ') => {
            format!("{value} to {high}")
        }
        _ => format!("{low} to {high}"),
    }
}
