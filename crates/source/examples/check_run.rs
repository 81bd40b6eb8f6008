use rightlane_source::check::{CheckOptions, RULES, check};
use std::path::PathBuf;
fn walk(p: &std::path::Path, out: &mut Vec<PathBuf>) {
    if p.is_dir() {
        if let Ok(r) = std::fs::read_dir(p) {
            for e in r.flatten() {
                walk(&e.path(), out)
            }
        }
    } else if p.extension().is_some_and(|e| e == "py") {
        out.push(p.to_owned())
    }
}
fn main() {
    let mut args = std::env::args().skip(1);
    let codes = args.next().unwrap();
    let rules = RULES
        .iter()
        .map(|r| r.code)
        .filter(|c| codes.split(',').any(|x| x == *c))
        .collect();
    let mut files = Vec::new();
    for a in args {
        walk(&PathBuf::from(a), &mut files)
    }
    files.sort();
    let t = std::time::Instant::now();
    let report = check(&files, &CheckOptions { rules, threads: 1 });
    for f in &report.findings {
        println!(
            "{} {}:{}:{} {}",
            f.code, f.file, f.line, f.column, f.message
        );
        for l in f.excerpt.text.lines() {
            println!("        | {l}");
        }
    }
    eprintln!(
        "{} files, {} errors, {:?}",
        report.files,
        report.errors.len(),
        t.elapsed()
    );
}
