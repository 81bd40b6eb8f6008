//! A program behaves the same observed as plain: standard output, standard error and the way it
//! ends, byte for byte.

use crate::support::{How, Place, Python, trial};
use libtest_mimic::{Failed, Trial};
use rightlane_facts::{Observation, Outcome};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Output;

/// A script under `cases/`, and what it is given.
struct Case {
    script: &'static str,
    arguments: &'static [&'static str],
    flags: &'static [&'static str],
    stdin: &'static str,
    /// Whether every interpreter tries it.
    smoke: bool,
}

const fn case(script: &'static str) -> Case {
    Case {
        script,
        arguments: &[],
        flags: &[],
        stdin: "",
        smoke: false,
    }
}

const fn given(script: &'static str, arguments: &'static [&'static str]) -> Case {
    Case {
        arguments,
        ..case(script)
    }
}

const fn smoke(script: &'static str) -> Case {
    Case {
        smoke: true,
        ..case(script)
    }
}

const fn flagged(script: &'static str, flags: &'static [&'static str]) -> Case {
    Case {
        flags,
        ..case(script)
    }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    smoke("loops"), smoke("generators"), smoke("nested_calls"), smoke("raises"), smoke("chained"), smoke("groups"),
    smoke("syntax_error"), smoke("namespace"), smoke("stack"), smoke("recursion"), smoke("scopes"),
    smoke("call_errors"), smoke("exits"), smoke("match"), smoke("values"), smoke("coroutines"),
    smoke("threads"), smoke("forks"), smoke("source"), smoke("pickled"), smoke("by_value"),
    case("syntax_error_import"), case("encoding"), case("bom"), case("undecodable"),
    case("null_byte"), case("empty"), case("docstring_only"), case("warned"), case("os_exit"),
    case("aborts"), case("unraisable"), case("chatty"), case("changes_directory"),
    case("descriptors"), case("executor"), case("subprocesses"), case("reexecutes"),
    case("signals"), case("traced"), case("replaces_streams"), case("many_names"),
    case("leftovers"), case("hooks"),
    given("hooks", &["again"]),
    given("exits", &["three"]), given("exits", &["text"]), given("exits", &["none"]),
    given("exits", &["tuple"]), given("exits", &["big"]), given("exits", &["systemexit"]),
    given("exits", &["interrupt"]), given("exits", &["group"]), given("exits", &["nested"]),
    given("namespace", &["a", "-b", "--", "ü", ""]),
    given("killed", &["SIGTERM"]), given("killed", &["SIGKILL"]), given("killed", &["SIGINT"]),
    given("killed", &["SIGSEGV"]),
    given("processes", &["fork"]), given("processes", &["spawn"]), given("processes", &["forkserver"]),
    flagged("namespace", &["-O"]), flagged("namespace", &["-I"]), flagged("namespace", &["-X", "dev"]),
    flagged("warned", &["-W", "error"]), flagged("warned", &["-W", "always"]), flagged("loops", &["-OO"]),
    flagged("stack", &["-u", "-B"]), flagged("raises", &["-S"]), flagged("raises", &["-X", "no_debug_ranges"]),
    Case { stdin: "Ann\nfirst\nstop\nlast\nrest\n", ..case("stdin") },
    case("stdin"),
    Case { stdin: "print(x)\n", ..flagged("raises", &["-i"]) },
];

/// Cases that are left to a plain interpreter.
const UNPREPARED: &[&str] = &["syntax_error", "undecodable", "null_byte"];

/// Modules of `cases/package`, run with `-m`.
const MODULES: &[&[&str]] = &[
    &["tool"],
    &["tool", "a"],
    &["tool", "a", "b"],
    &["tool.inner"],
    &["helper"],
    &["main"],
    &["missing"],
    &["tool.missing"],
    &["json.tool", "main.py"],
];

/// What each shows, the folder below `cases`, and what is started in it.
#[rustfmt::skip]
const FOLDERS: &[(&str, &str, &str)] = &[
    ("a script in another folder that imports its neighbours", "package", "./main.py"),
    ("a folder with __main__.py", "package", "tool"),
    ("a script that is not there", "package", "none.py"),
    ("a module that the program changes before it imports it", "rewrites", "main.py"),
];

pub(crate) fn trials(python: &Python) -> Vec<Trial> {
    let scripts = CASES
        .iter()
        .filter(|case| python.thorough || case.smoke)
        .map(|case| {
            let words = [case.flags, &[case.script], case.arguments]
                .concat()
                .join(" ");
            trial(python, &format!("same: {words}"), move |python| {
                same_script(python, case)
            })
        });
    let modules = MODULES
        .iter()
        .filter(|words| python.thorough || words.len() < 2)
        .map(|words| {
            trial(
                python,
                &format!("same: -m {}", words.join(" ")),
                move |python| {
                    let how = How {
                        module: Some(words[0].to_owned()),
                        arguments: words[1..].iter().map(|word| (*word).to_owned()).collect(),
                        ..How::default()
                    };
                    same(python, &how, &|| {
                        Place::copy(&cases().join("package"), "tool/__main__.py")
                    })
                    .map(drop)
                },
            )
        });
    let folders = FOLDERS.iter().map(|(what, folder, start)| {
        trial(python, &format!("same: {what}"), move |python| {
            let place = || Place::copy(&cases().join(folder), start);
            same(python, &How::default(), &place).map(drop)
        })
    });
    scripts.chain(modules).chain(folders).collect()
}

fn cases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/observed/cases")
}

fn same_script(python: &Python, case: &Case) -> Result<(), Failed> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let how = How {
        flags: owned(case.flags),
        arguments: owned(case.arguments),
        stdin: case.stdin.to_owned(),
        ..How::default()
    };
    let name = format!("{}.py", case.script);
    let text = std::fs::read(cases().join(&name))?;
    let watched = same(python, &how, &|| Place::with(&name, &text))?;
    let leaves_it =
        UNPREPARED.contains(&case.script) || case.flags == ["-i"] || case.flags == ["-W", "error"];
    if watched == leaves_it {
        return Err(format!("watched from inside: {watched}").into());
    }
    Ok(())
}

/// Runs the program plainly and observed, in the same folder, made anew in between. Yields
/// whether it was watched from inside.
fn same(python: &Python, how: &How, place: &dyn Fn() -> Place) -> Result<bool, Failed> {
    let place = place();
    let kept = place.notes().join("kept");
    copy(&place.work(), &kept);
    let plain = place.plain(python, how);
    std::fs::remove_dir_all(place.work())?;
    copy(&kept, &place.work());
    std::fs::remove_dir_all(&kept)?;
    let (observed, seen) = place.observed(python, how);
    compare("stdout", &plain.stdout, &observed.stdout)?;
    compare("stderr", &plain.stderr, &observed.stderr)?;
    let ended = ending(&plain);
    if ended != seen.outcome {
        return Err(format!("plain: {ended:?}, observed: {:?}", seen.outcome).into());
    }
    let left = place.left_behind();
    if !left.is_empty() {
        return Err(format!("left behind: {left:?}").into());
    }
    plausible(&seen)?;
    Ok(!seen
        .doubts
        .iter()
        .any(|doubt| doubt.contains("from inside")))
}

fn plausible(seen: &Observation) -> Result<(), Failed> {
    for record in &seen.iterations {
        if record.samples.len() as u64 > record.iterations {
            return Err(format!("more samples than iterations: {record:?}").into());
        }
    }
    let unreadable: Vec<_> = seen
        .doubts
        .iter()
        .filter(|doubt| doubt.contains("ledger"))
        .collect();
    if unreadable.is_empty() {
        Ok(())
    } else {
        Err(format!("{unreadable:?}").into())
    }
}

fn ending(output: &Output) -> Outcome {
    match (output.status.code(), output.status.signal()) {
        (Some(code), _) => Outcome::Exited(code),
        (None, signal) => Outcome::Signalled(signal.unwrap_or(0)),
    }
}

fn compare(what: &str, plain: &[u8], observed: &[u8]) -> Result<(), Failed> {
    let (plain, observed) = (without_addresses(plain), without_addresses(observed));
    if plain == observed {
        return Ok(());
    }
    let differing = plain
        .lines()
        .zip(observed.lines())
        .position(|(a, b)| a != b);
    let start = differing.unwrap_or_else(|| plain.lines().count().min(observed.lines().count()));
    let around = |text: &str| {
        text.lines()
            .skip(start.saturating_sub(2))
            .take(12)
            .collect::<Vec<_>>()
            .join("\n  ")
    };
    Err(format!(
        "{what} differs from line {}:\nplain\n  {}\nobserved\n  {}",
        start + 1,
        around(&plain),
        around(&observed)
    )
    .into())
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    let place = Place::copy(from, "");
    std::fs::rename(place.work(), to).expect("the same file system");
}

/// Objects lie elsewhere in every run, plain ones too.
fn without_addresses(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let mut pieces = text.split("0x");
    let mut result = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        result.push_str("0x…");
        result.push_str(piece.trim_start_matches(|digit: char| digit.is_ascii_hexdigit()));
    }
    result
}
