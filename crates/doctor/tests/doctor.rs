//! The doctor on the interpreters that this machine has.

use rightlane_doctor::cache::{load_cached, store};
use rightlane_doctor::summary::{find_pythons, permissions, summary};
use rightlane_doctor::{Calibration, calibrate, machine, python_facts};
use rightlane_facts::{EvidenceSource, Figure, PythonFacts};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The first Python on the path, with its calibration: one for all tests, it takes seconds.
fn measured() -> &'static (PythonFacts, Calibration) {
    static MEASURED: OnceLock<(PythonFacts, Calibration)> = OnceLock::new();
    MEASURED.get_or_init(|| {
        let facts = python_facts(Path::new("python3")).expect("a python3 on the path");
        let found = calibrate(Path::new(&facts.executable)).expect("a calibration");
        (facts, found)
    })
}

fn figures(value: &serde_json::Value, found: &mut Vec<Figure>) {
    if let Ok(figure) = serde_json::from_value::<Figure>(value.clone()) {
        found.push(figure);
    } else if let Some(object) = value.as_object() {
        object.values().for_each(|value| figures(value, found));
    }
}

#[test]
fn a_calibration_measures_every_figure_with_its_spread() {
    let (facts, found) = measured();
    let mut all = Vec::new();
    figures(&serde_json::to_value(&found.costs).unwrap(), &mut all);
    assert!(all.len() >= 50, "{} figures", all.len());
    for figure in all {
        assert_eq!(figure.source, EvidenceSource::Measured);
        let (low, high) = figure.spread.expect("a spread");
        assert!(0.0 <= low && low <= figure.value && figure.value <= high);
    }
    assert!(found.failures.is_empty(), "{:?}", found.failures);
    assert_eq!(found.costs.gil.is_some(), facts.gil);
    assert_eq!(
        found.costs.interpreters.is_some(),
        facts.version >= (3, 14, 0)
    );
    // a process costs more than a thread, whatever the machine
    let fork = found.costs.fork.as_ref().expect("fork on Linux");
    assert!(fork.first.value > found.costs.threads.start.value);
}

/// Whether two calibrations agree: JSON may change the last digit of a number.
#[track_caller]
fn assert_same(found: Option<Calibration>, expected: &Calibration) {
    let found = found.expect("a calibration");
    let numbers = |calibration: &Calibration| {
        let mut all = Vec::new();
        figures(&serde_json::to_value(&calibration.costs).unwrap(), &mut all);
        all
    };
    let (found_numbers, expected_numbers) = (numbers(&found), numbers(expected));
    assert_eq!(found_numbers.len(), expected_numbers.len());
    for (one, other) in found_numbers.iter().zip(&expected_numbers) {
        assert!((one.value - other.value).abs() <= 1e-12 * other.value);
    }
    assert_eq!(found.failures, expected.failures);
}

#[test]
fn what_is_kept_is_found_again_for_the_same_interpreter_only() {
    let (facts, found) = measured();
    let directory = tempfile::tempdir().unwrap();
    let inner = directory.path().join("not/there/yet");
    assert!(load_cached(&inner, facts).is_none());
    store(&inner, facts, found).unwrap();
    assert_same(load_cached(&inner, facts), found);
    let mut other = facts.clone();
    other.build.push_str(" rebuilt");
    assert!(load_cached(&inner, &other).is_none());
}

#[test]
fn broken_and_old_files_count_as_absent() {
    let (facts, found) = measured();
    let directory = tempfile::tempdir().unwrap();
    store(directory.path(), facts, found).unwrap();
    let file = std::fs::read_dir(directory.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = std::fs::read_to_string(&file).unwrap();
    let older = text.replace("\"calibration\": \"", "\"calibration\": \"0");
    for broken in ["", "{}", "null", &text[..text.len() / 2], &older] {
        std::fs::write(&file, broken).unwrap();
        assert!(
            load_cached(directory.path(), facts).is_none(),
            "{broken:.40}"
        );
    }
    store(directory.path(), facts, found).unwrap();
    assert_same(load_cached(directory.path(), facts), found);
}

#[test]
fn several_runs_may_keep_theirs_at_once() {
    let (facts, found) = measured();
    let directory = tempfile::tempdir().unwrap();
    store(directory.path(), facts, found).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    store(directory.path(), facts, found).unwrap();
                    assert!(load_cached(directory.path(), facts).is_some());
                }
            });
        }
    });
    // one file, and nothing half-written beside it
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn the_machine_has_cores_and_memory_and_says_what_limits_them() {
    let (facts, found) = measured();
    let machine = machine(facts.clone(), found.costs.clone());
    assert!(machine.cores > 0.0 && machine.memory > 0);
    assert!(["cores online", "affinity", "cgroup quota"].contains(&machine.cores_limit.as_str()));
}

#[test]
fn what_is_no_python_is_an_error_that_names_it() {
    let missing = calibrate(Path::new("/no/such/python")).unwrap_err();
    assert!(missing.is_missing());
    assert!(missing.to_string().contains("/no/such/python"));
    let other = python_facts(Path::new("/bin/echo")).unwrap_err();
    assert!(!other.is_missing());
    let fails = python_facts(Path::new("/bin/false")).unwrap_err();
    assert!(fails.to_string().contains("exit status: 1"), "{fails}");
}

#[test]
fn pythons_are_found_by_name_and_each_once() {
    let directory = tempfile::tempdir().unwrap();
    let bin = directory.path().join("3.99.1/bin");
    std::fs::create_dir_all(&bin).unwrap();
    let names = [
        "python3.99",
        "python3.99-config",
        "python3.99-gdb.py",
        "python2",
        "pythonx",
        "python3.14t",
    ];
    for name in names {
        std::fs::write(bin.join(name), name).unwrap();
    }
    std::os::unix::fs::symlink("python3.99", bin.join("python3")).unwrap();
    let path = format!("{}:relative:/no/such", bin.display());
    let found = find_pythons(&path, &[directory.path().to_owned()]);
    let expected: Vec<PathBuf> = ["python3", "python3.14t"]
        .iter()
        .map(|name| bin.join(name))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_summary_lists_interpreters_that_answer_and_errors_of_those_that_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let bin = directory.path().join("broken/bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("python3"), "no program").unwrap();
    let (facts, _) = measured();
    let own = Path::new(&facts.executable).parent().unwrap();
    let found = summary(&own.display().to_string(), &[directory.path().to_owned()]);
    assert!(found.pythons.iter().any(Result::is_ok));
    assert!(found.pythons.iter().any(Result::is_err));
    assert!(found.permissions.child_memory.is_some());
}

#[test]
fn without_an_interpreter_the_permission_is_unknown() {
    assert_eq!(permissions(None).child_memory, None);
}
