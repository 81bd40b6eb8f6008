//! The corpus' real programs, judged by their source alone.

use rightlane_facts::{Answer, DependencyKind, ProgramSource, ResultUse, Site, SiteKind};
use rightlane_source::read_program;
use std::path::{Path, PathBuf};

fn read(name: &str) -> ProgramSource {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/programs");
    let file = PathBuf::from(format!("{name}.py"));
    read_program(&file, &folder, std::slice::from_ref(&folder)).unwrap()
}

/// The site whose suggested call is `callee`, in the function `function`.
fn site<'p>(program: &'p ProgramSource, function: &str, callee: &str) -> &'p Site {
    let is_it = |site: &&Site| {
        site.function == function
            && site.kind != SiteKind::Run
            && site.callee.is_some_and(|at| site.calls[at].name == callee)
    };
    program
        .sites
        .iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("no site of {callee} in {function}"))
}

fn judge(name: &str, function: &str, callee: &str) -> (Answer, Vec<String>) {
    let program = read(name);
    let site = site(&program, function, callee);
    let call = &site.calls[site.callee.unwrap()];
    (
        call.independence.answer,
        call.independence
            .carriers
            .iter()
            .map(|carrier| carrier.name.clone())
            .collect(),
    )
}

#[test]
fn programs_whose_tasks_are_independent() {
    for (name, function, callee) in [
        ("convert_readings", "main", "convert"),
        ("dedupe_files", "main", "fingerprint"),
        ("fetch_avatars", "main", "download"),
        ("fuzzy_names", "main", "best_match"),
        ("gzip_exports", "main", "pack"),
        ("port_survey", "main", "check_port"),
        ("prime_check", "main", "is_prime"),
        ("rank_scores", "main", "rank"),
        ("sensor_spectra", "main", "analyse"),
        ("verify_backups", "main", "digest"),
        ("plant_service", "main", "fit"),
        ("access_logs", "main", "read_log"),
        ("backtest_grid", "main", "backtest"),
        ("enrich_orders", "main", "enrich"),
        ("export_jsonl", "main", "to_line"),
        ("fleet_status", "collect", "vehicle_state"),
        ("index_pages", "main", "index_page"),
        ("lost_password", "main", "opens"),
        ("monthly_reports", "main", "shop_report"),
        ("option_prices", "main", "price"),
        ("photo_thumbnails", "main", "thumbnail"),
        ("post_events", "main", "send"),
        ("region_reports", "main", "region_report"),
        ("resolve_hosts", "main", "resolve"),
        ("rotate_frames", "main", "calibrate"),
        ("send_invoices", "main", "deliver"),
        ("word_count", "main", "count_words"),
    ] {
        assert_eq!(
            judge(name, function, callee).0,
            Answer::Yes,
            "{name}: {:?}",
            judge(name, function, callee).1
        );
    }
}

#[test]
fn programs_whose_tasks_need_each_other() {
    for (name, callee, carrier) in [
        ("ledger_chain", "seal", "digest"),
        ("counter_queue", "simulate_day", "random"),
        ("follow_feed", "read_page", "token"),
        ("parts_cost", "cost_of", "known"),
        ("stock_lookup", "stock_of", "store.sock"),
        ("tank_levels", "update", "state"),
    ] {
        let (answer, carriers) = judge(name, "main", callee);
        assert_eq!(answer, Answer::No, "{name}");
        assert!(
            carriers.iter().any(|held| held == carrier),
            "{name}: {carriers:?}"
        );
    }
}

#[test]
fn results_are_seen_in_their_use() {
    for (name, callee, wanted) in [
        (
            "convert_readings",
            "convert",
            ResultUse::Appended("converted".into()),
        ),
        (
            "dedupe_files",
            "fingerprint",
            ResultUse::Folded("groups".into()),
        ),
        ("prime_check", "is_prime", ResultUse::Filter),
        ("rank_scores", "rank", ResultUse::Stored("table".into())),
        ("sensor_spectra", "analyse", ResultUse::Element),
    ] {
        let program = read(name);
        let site = site(&program, "main", callee);
        assert_eq!(site.calls[site.callee.unwrap()].result, wanted, "{name}");
    }
    assert_eq!(
        site(&read("sensor_spectra"), "main", "analyse").kind,
        SiteKind::Map
    );
}

#[test]
fn the_plant_service_is_a_run_of_three_activities() {
    let program = read("plant_service");
    let run = program
        .sites
        .iter()
        .find(|site| {
            site.kind == SiteKind::Run && site.function == "main" && site.members.len() > 2
        })
        .unwrap();
    let callees: Vec<&str> = run
        .members
        .iter()
        .map(|member| member.callee.as_str())
        .collect();
    assert_eq!(callees, ["acquire", "fit", "watch_health", "summary"]);
    assert_eq!(run.independence.answer, Answer::Yes);
    let held = |earlier, later| {
        run.dependencies
            .iter()
            .find(|held| held.earlier == earlier && held.later == later)
    };
    let stream = held(0, 1).unwrap();
    assert_eq!(
        (stream.kind, stream.name.as_str()),
        (DependencyKind::Stream, "batches")
    );
    assert!(
        held(0, 2).is_none() && held(1, 2).is_none(),
        "watch_health needs nobody: {:?}",
        run.dependencies
    );
    assert!(held(1, 3).is_some() && held(2, 3).is_some());
}

#[test]
fn existing_pools_are_reported_with_their_settings() {
    let program = read("plan_routes");
    assert_eq!(program.existing.len(), 1);
    assert_eq!(
        program.existing[0].api,
        "concurrent.futures.ThreadPoolExecutor"
    );
    assert_eq!(program.existing[0].settings, ["max_workers=16"]);
    assert!(read("fleet_status").uses_async && !program.uses_async);
}

#[test]
fn every_program_has_its_guard_its_imports_and_numbered_sites() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/programs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(stem) = path
            .file_stem()
            .filter(|_| path.extension().is_some_and(|extension| extension == "py"))
        else {
            continue;
        };
        let program = read(&stem.to_string_lossy());
        assert!(program.main_guard && program.doubts.is_empty(), "{stem:?}");
        assert!(!program.imports.is_empty());
        for (at, site) in program.sites.iter().enumerate() {
            assert_eq!(site.id as usize, at);
            assert!(
                site.parent.is_none_or(
                    |parent| (parent as usize) < program.sites.len() && parent != site.id
                )
            );
            assert!(site.callee.is_none_or(|callee| callee < site.calls.len()));
            assert!(
                site.calls
                    .iter()
                    .all(|call| site.kind == SiteKind::Map || site.span.holds(&call.span)),
                "{stem:?} {:?}",
                site.span
            );
        }
    }
}
