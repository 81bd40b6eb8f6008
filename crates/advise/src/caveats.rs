//! What to mind when following the verdict.

use crate::candidate::{Candidate, Part};
use crate::judge::Context;
use crate::step1::{Bound, bound};
use rightlane_facts::{Alternative, Answer, Effect, EffectKind, Family, StartMethod};

pub(crate) fn caveats(
    candidate: &Candidate<'_>,
    chosen: &Alternative,
    context: &Context<'_>,
) -> Vec<String> {
    match chosen.family {
        Family::Sequential => Vec::new(),
        Family::Thread => shared(candidate, chosen),
        Family::Asyncio => {
            let mut caveats = shared(candidate, chosen);
            if !candidate.part.awaited(candidate.site) {
                caveats.push(asyncio_rewrite(candidate));
            }
            caveats
        }
        _ => {
            let mut caveats = shared(candidate, chosen);
            caveats.extend(process_caveats(candidate, chosen, context));
            caveats
        }
    }
}

fn shared(candidate: &Candidate<'_>, chosen: &Alternative) -> Vec<String> {
    let mut caveats = Vec::new();
    let sockets = &candidate.workload.sockets;
    if sockets.library.is_some() && bound(candidate) == Bound::Io {
        let many = chosen
            .settings
            .workers
            .or(chosen.settings.limit)
            .unwrap_or(0);
        caveats.push(format!(
            "the far end gets up to {many} connections at once: how many it bears is not known"
        ));
    }
    if let Some(name) = &sockets.shared {
        caveats.push(format!(
            "all workers share {name}: make sure it may be used by several at once"
        ));
    }
    let effects = candidate.part.effects(candidate.site);
    caveats.extend(order_caveat(effects));
    if candidate.workload.native_thread_cpu > 0.0 {
        caveats.push(
            "the native code already runs threads of its own: set OMP_NUM_THREADS=1 (or its \
             library's setting) so that workers × threads do not outnumber the cores"
                .to_owned(),
        );
    }
    caveats
}

fn order_caveat(effects: &[Effect]) -> Option<String> {
    let effect = effects.iter().find(|effect| {
        matches!(
            effect.kind,
            EffectKind::WritesFile
                | EffectKind::DeletesFile
                | EffectKind::Database
                | EffectKind::Logs
        )
    })?;
    Some(format!(
        "tasks no longer happen in order ({}:{}: {})",
        effect.place.file, effect.place.line, effect.detail
    ))
}

fn asyncio_rewrite(candidate: &Candidate<'_>) -> String {
    let sockets = &candidate.workload.sockets;
    match (&sockets.library, &sockets.async_twin) {
        (Some(library), Some(twin)) => {
            format!("every blocking call in the task has to become a coroutine: {library} → {twin}")
        }
        _ => "every blocking call in the task has to become a coroutine".to_owned(),
    }
}

fn process_caveats(
    candidate: &Candidate<'_>,
    chosen: &Alternative,
    context: &Context<'_>,
) -> Vec<String> {
    let mut caveats = Vec::new();
    if !context.source.main_guard {
        caveats.push(
            "the script has no `if __name__ == \"__main__\":` guard: without it a spawned or \
             forkserver worker would run the script again"
                .to_owned(),
        );
    }
    if candidate.workload.picklable == Answer::Unknown {
        let doubt = candidate
            .workload
            .pickle_error
            .as_deref()
            .unwrap_or("nothing was pickled in the run");
        caveats.push(format!(
            "whether the task can be pickled is not certain: {doubt}"
        ));
    }
    if candidate.part == Part::Body
        || candidate.part.crossing(candidate.site).importable == Answer::No
    {
        caveats.push(
            "the task has to be a function at the top level of a module: workers import it by name"
                .to_owned(),
        );
    }
    if chosen.settings.start_method == Some(StartMethod::Fork) {
        caveats.push(
            "from Python 3.14 on, worker processes start by forkserver instead of fork: what the \
             program sets before the pool starts is then not there in the workers"
                .to_owned(),
        );
    }
    let stale = &candidate.part.crossing(candidate.site).stale_globals;
    if let Some(name) = stale.first() {
        caveats.push(format!(
            "{name} is set at run time: pass it as an argument or in an initializer"
        ));
    }
    caveats
}
