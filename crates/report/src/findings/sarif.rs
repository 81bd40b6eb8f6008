//! SARIF 2.1.0, the interchange format of static analysis (OASIS standard), as code hosts read it.

use rightlane_facts::{CheckReport, FileError, Finding, Fix};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the report says of a rule.
#[derive(Debug, Clone)]
pub struct RuleText {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// Its manual page, in Markdown.
    pub manual: String,
}

/// One SARIF document, on one line with its line end. `rules` describes the rules that may occur;
/// those that do are in it. `version` is Rightlane's.
#[must_use]
pub fn sarif(report: &CheckReport, rules: &[RuleText], version: &str) -> String {
    let used: BTreeSet<&str> = report
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    let rules: Vec<&RuleText> = rules
        .iter()
        .filter(|rule| used.contains(&*rule.code))
        .collect();
    let index = |code: &str| rules.iter().position(|rule| rule.code == code);
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| result(finding, index(&finding.code)))
        .collect();
    let notifications: Vec<Value> = report.errors.iter().map(notification).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Rightlane",
                "version": version,
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            // Columns are counted in characters.
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.errors.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    format!("{document}\n")
}

fn descriptor(rule: &RuleText) -> Value {
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.manual, "markdown": rule.manual},
        "defaultConfiguration": {"level": "warning"},
    })
}

fn result(finding: &Finding, index: Option<usize>) -> Value {
    let text = match &finding.help {
        Some(help) => format!("{}; {help}", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": finding.code,
        "level": "warning",
        "message": {"text": text},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&finding.file)},
            "region": region(finding),
        }}],
    });
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    // Places of edits are bytes of the file, or they must not be there.
    if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.in_bytes) {
        result["fixes"] = json!([changes(fix, &finding.file)]);
    }
    result
}

fn region(finding: &Finding) -> Value {
    match finding.cell {
        Some(_) => json!({"startLine": 1}),
        None => json!({
            "startLine": finding.line,
            "startColumn": finding.column,
            "endLine": finding.end_line,
            "endColumn": finding.end_column,
        }),
    }
}

fn changes(fix: &Fix, file: &str) -> Value {
    let replacements: Vec<Value> = fix
        .edits
        .iter()
        .map(|edit| {
            json!({
                "deletedRegion": {"byteOffset": edit.start, "byteLength": edit.end - edit.start},
                "insertedContent": {"text": edit.text},
            })
        })
        .collect();
    json!({
        "description": {"text": fix.title},
        "artifactChanges": [{
            "artifactLocation": {"uri": uri(file)},
            "replacements": replacements,
        }],
    })
}

fn notification(error: &FileError) -> Value {
    let mut place = json!({"artifactLocation": {"uri": uri(&error.file)}});
    if let (Some(line), None) = (error.line, error.cell) {
        place["region"] = json!({"startLine": line});
    }
    json!({
        "level": "error",
        "message": {"text": error.message},
        "locations": [{"physicalLocation": place}],
    })
}

/// A path as a relative reference (RFC 3986): `/` between its parts, other bytes than the unreserved
/// ones escaped.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    let escaped: String = path.bytes().map(escape).collect();
    match escaped.strip_prefix('/') {
        Some(rest) => format!("file:///{rest}"),
        None => escaped,
    }
}
