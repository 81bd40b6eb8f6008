//! The contract for programs.

use rightlane_facts::AdviceReport;
use rightlane_report::{json, schema};

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
fn the_committed_schema_is_the_one_that_the_types_give() {
    let committed = include_str!("../../../docs/schema/advice-1.json");
    assert!(
        schema() == committed,
        "run `make schema` and commit the result"
    );
}

#[test]
fn the_schema_names_every_key_of_the_contract() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).expect("JSON");
    let required = schema["required"].as_array().expect("required keys");
    for key in [
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
    ] {
        assert!(required.iter().any(|name| name == key), "{key}");
    }
}
