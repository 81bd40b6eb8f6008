//! ARCHITECTURE.md, held.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Which of our crates each of our crates may use.
const EDGES: &[(&str, &[&str])] = &[
    ("facts", &[]),
    ("source", &["facts"]),
    ("observe", &["facts"]),
    ("doctor", &["facts"]),
    ("rewrite", &["facts", "source"]),
    ("report", &["facts"]),
    ("simulate", &["facts"]),
    ("advise", &["facts", "simulate"]),
    ("race", &["facts"]),
    (
        "cli",
        &[
            "facts", "source", "observe", "doctor", "race", "report", "rewrite", "simulate",
            "advise",
        ],
    ),
    ("sync", &[]),
    ("pool", &["sync"]),
    ("shm", &["sync"]),
    ("procs", &["pool", "shm", "sync"]),
    ("python", &["cli", "pool", "procs", "shm", "sync"]),
];

/// Crates of others that only one of ours may name, by the start of their names.
const DOORS: &[(&str, &str)] = &[("ruff_", "source"), ("pyo3", "python"), ("clap", "cli")];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .other_options(["--locked".to_owned(), "--offline".to_owned()])
        .no_deps()
        .exec()
        .expect("cargo metadata")
}

fn short(package: &Package) -> &str {
    let name = package.name.as_str();
    name.strip_prefix("rightlane-").unwrap_or(name)
}

#[test]
fn our_crates_use_only_what_the_architecture_allows() {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    for package in &metadata().packages {
        let from = short(package);
        let may = allowed.get(from).unwrap_or_else(|| {
            panic!("{from} is a new crate: say in ARCHITECTURE.md and in EDGES what it may use")
        });
        for dependency in &package.dependencies {
            if let Some(to) = dependency.name.strip_prefix("rightlane-") {
                assert!(may.contains(&to), "{from} must not use {to}");
            }
        }
    }
}

#[test]
fn every_crate_of_the_table_exists() {
    let metadata = metadata();
    let there: BTreeSet<&str> = metadata.packages.iter().map(short).collect();
    let listed: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    assert_eq!(there, listed);
}

#[test]
fn some_crates_of_others_have_one_door() {
    for package in &metadata().packages {
        for dependency in &package.dependencies {
            for (start, door) in DOORS {
                if dependency.name.starts_with(start) {
                    assert_eq!(
                        short(package),
                        *door,
                        "only {door} may name {}",
                        dependency.name
                    );
                }
            }
        }
    }
}

#[test]
fn ruff_is_pinned_exactly() {
    for package in &metadata().packages {
        for dependency in &package.dependencies {
            if dependency.name.starts_with("ruff_") {
                let version = dependency.req.to_string();
                assert!(version.starts_with('='), "{} {version}", dependency.name);
            }
        }
    }
}

#[test]
fn the_architecture_page_explains_every_dependency() {
    let page = include_str!("../../../ARCHITECTURE.md");
    for package in &metadata().packages {
        for dependency in &package.dependencies {
            let ours = dependency.name.starts_with("rightlane-");
            if !ours && dependency.kind == DependencyKind::Normal {
                let name = format!("`{}`", dependency.name);
                assert!(
                    page.contains(&name),
                    "{name} of {} is not in ARCHITECTURE.md",
                    short(package)
                );
            }
        }
    }
}
