//! The race's own process is killed: nothing of the race stays.
//!
//! This test program starts itself once more; what is started finds its tree in an environment
//! variable and races until it is killed.

use crate::support::{GO_ON, Tree, carrying, python};
use rightlane_race::{Race, Setup, Target, Variant};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const TREE: &str = "RIGHTLANE_TEST_RACE_TREE";
const TEMPORARY: &str = "RIGHTLANE_TEST_RACE_TEMPORARY";
/// What the race says when it has come somewhere.
const MARK: &str = "reached ";

/// Writes in its folder, has workers and a daemon, and takes its time.
const PROGRAM: &str = r#"
import os, subprocess, time
from concurrent.futures import ProcessPoolExecutor

def task(item):
    with open("data.txt", "a") as file:
        file.write("more")
    time.sleep(0.05)
    return item

if __name__ == "__main__":
    subprocess.Popen(["sh", "-c", "setsid sleep 1000 & setsid sleep 1000"], env={})
    with ProcessPoolExecutor(2) as pool:
        print(list(pool.map(task, range(4))))
    os.remove("data.txt")
"#;

/// The race that gets killed. Alone it does nothing.
#[test]
#[ignore = "started by the test below"]
fn the_race_that_is_killed() {
    let (Some(tree), Some(temporary)) = (std::env::var_os(TREE), std::env::var_os(TEMPORARY))
    else {
        return;
    };
    let tree = PathBuf::from(tree);
    let say = |what: &str| println!("\n{MARK}{what}");
    say("start");
    let setup = Setup {
        min_runs: 1000,
        max_runs: 1000,
        budget: Some(Duration::from_secs(600)),
        compare_files: true,
        ..Setup::new(&tree, &tree, temporary, &python().path, GO_ON)
    };
    let mut race = Race::open(setup).unwrap();
    say("open");
    let reference = Variant::new(
        "sequential",
        &python().path,
        Target::Script("main.py".into()),
    );
    let variant = Variant {
        overlay: vec![(tree.join("main.py"), format!("# Other.\n{PROGRAM}"))],
        ..reference.clone()
    };
    race.rehearse(&reference).unwrap();
    say("rehearsed");
    race.add(reference);
    race.add(variant);
    race.run(&mut |progress| say(&format!("run {}", progress.runs)))
        .unwrap();
}

/// Starts the race and waits until it has come to `mark`.
fn started(tree: &Tree, mark: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "killed::the_race_that_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(TREE, tree.root())
        .env(TEMPORARY, tree.temporary())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let wanted = format!("{MARK}{mark}");
    assert!(
        lines.map_while(Result::ok).any(|line| line == wanted),
        "the race did not come to {mark}"
    );
    child
}

/// The processes whose environment or command line names a folder.
fn naming(folder: &Path) -> Vec<PathBuf> {
    let name = folder.as_os_str().as_encoded_bytes();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        for file in ["environ", "cmdline"] {
            let text = fs::read(entry.path().join(file)).unwrap_or_default();
            if text.windows(name.len()).any(|part| part == name) {
                found.push(entry.path());
            }
        }
    }
    found
}

/// Waits until the keeper is done; an error if that never comes.
fn wait_until_gone(tree: &Tree) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !tree.left().is_empty() || !naming(tree.temporary()).is_empty() {
        assert!(
            Instant::now() < deadline,
            "left: {:?}, {:?}",
            tree.left(),
            naming(tree.temporary())
        );
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nothing_stays_when_the_race_is_killed_at_any_point() {
    // After a mark is reached, this many milliseconds: whatever happens to go on then.
    let points = [
        ("start", 0),
        ("start", 8),
        ("start", 25),
        ("start", 60),
        ("open", 0),
        ("open", 50),
        ("open", 250),
        ("rehearsed", 0),
        ("run 1", 0),
        ("run 2", 120),
    ];
    for (mark, after) in points {
        let tree = Tree::new(&[("main.py", PROGRAM), ("data.txt", "first\n")]);
        let before = tree.state();
        let mut child = started(&tree, mark);
        thread::sleep(Duration::from_millis(after));
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        wait_until_gone(&tree);
        assert_eq!(before, tree.state(), "{mark} {after}");
        assert_eq!(sleepers(&tree), 0, "{mark} {after}");
    }
}

#[test]
fn a_race_whose_keeper_is_killed_too_is_cleared_up_by_the_next() {
    let tree = Tree::new(&[("main.py", PROGRAM), ("data.txt", "first\n")]);
    let before = tree.state();
    let mut child = started(&tree, "rehearsed");
    let folder = tree.left().remove(0);
    let keeper = folder
        .file_name()
        .unwrap()
        .to_string_lossy()
        .split('-')
        .nth(2)
        .unwrap()
        .to_owned();
    child.kill().unwrap();
    let killed = Command::new("kill").args(["-9", &keeper]).status().unwrap();
    child.wait().unwrap();
    // The keeper may have been quick.
    assert!(killed.success() || tree.left().is_empty());
    drop(Race::open(tree.setup()).unwrap());
    assert_eq!(tree.left(), Vec::<PathBuf>::new());
    assert_eq!(carrying(&folder), Vec::<u32>::new());
    assert_eq!(before, tree.state());
}

#[test]
fn a_race_whose_keeper_is_killed_says_so_and_leaves_nothing() {
    let tree = Tree::new(&[("main.py", "print('done')\n")]);
    let mut race = Race::open(tree.setup()).unwrap();
    let folder = race.folder().to_owned();
    let keeper = folder
        .file_name()
        .unwrap()
        .to_string_lossy()
        .split('-')
        .nth(2)
        .unwrap()
        .to_owned();
    assert!(
        Command::new("kill")
            .args(["-9", &keeper])
            .status()
            .unwrap()
            .success()
    );
    let reference = Variant::new(
        "sequential",
        &python().path,
        Target::Script("main.py".into()),
    );
    let error = race.rehearse(&reference).unwrap_err();
    assert!(error.to_string().contains("keeper"), "{error}");
    drop(race);
    assert_eq!(tree.left(), Vec::<PathBuf>::new());
}

#[test]
fn a_panic_leaves_nothing() {
    let tree = Tree::new(&[("main.py", "print('done')\n")]);
    let result = std::panic::catch_unwind(|| {
        let mut race = Race::open(tree.setup()).unwrap();
        let reference = Variant::new(
            "sequential",
            &python().path,
            Target::Script("main.py".into()),
        );
        race.rehearse(&reference).unwrap();
        race.add(reference);
        race.run(&mut |_| panic!("in the middle")).unwrap();
    });
    assert!(result.is_err());
    assert_eq!(tree.left(), Vec::<PathBuf>::new());
}

/// Processes in a folder of the race's: the daemons, whose environment says nothing.
fn sleepers(tree: &Tree) -> usize {
    let temporary = fs::canonicalize(tree.temporary()).unwrap();
    let folders = fs::read_dir("/proc").unwrap().flatten();
    folders
        .filter_map(|entry| fs::read_link(entry.path().join("cwd")).ok())
        .filter(|folder| folder.starts_with(&temporary))
        .count()
}
