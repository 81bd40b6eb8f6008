//! The contract for programs.

use rightlane_facts::AdviceReport;
use rightlane_report::{check_schema, json, ledger_schema, prove_schema, schema};

#[test]
fn a_report_is_one_line_and_reads_back_the_same() {
    let report: AdviceReport =
        serde_json::from_str(include_str!("reports/avatars.json")).expect("a report");
    let line = json(&report).expect("JSON");
    assert_eq!(line.matches('\n').count(), 1);
    assert!(line.ends_with("}\n"));
    let back: AdviceReport = serde_json::from_str(&line).expect("the same object");
    assert_eq!(back, report);
}

#[test]
fn the_committed_schemas_are_those_that_the_types_give() {
    let advice = include_str!("../../../docs/schema/advice-1.json");
    let observed = include_str!("../../../docs/schema/observe-1.json");
    let checked = include_str!("../../../docs/schema/check-1.json");
    let proved = include_str!("../../../docs/schema/prove-1.json");
    assert!(
        schema() == advice
            && ledger_schema() == observed
            && check_schema() == checked
            && prove_schema() == proved,
        "run `make schema` and commit the result"
    );
}

#[test]
fn the_schema_names_every_key_of_the_contract() {
    let keys = [
        "schema",
        "program",
        "python",
        "machine",
        "wall_seconds",
        "output_unchanged",
        "ledger",
        "sites",
        "verdict",
        "outcome",
    ];
    demands(&schema(), &keys);
}

#[test]
fn the_schema_of_a_time_ledger_names_every_key_of_the_contract() {
    let keys = [
        "schema",
        "program",
        "wall_seconds",
        "outcome",
        "ledger",
        "processes",
        "lines",
        "doubts",
    ];
    demands(&ledger_schema(), &keys);
}

fn demands(schema: &str, keys: &[&str]) {
    let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
    let required = schema["required"].as_array().expect("required keys");
    for key in keys {
        assert!(required.iter().any(|name| name == key), "{key}");
    }
}
