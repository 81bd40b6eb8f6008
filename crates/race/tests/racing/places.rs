//! A program sees what it would see in a plain run.

use crate::pythons::pythons;
use crate::support::{GO_ON, Tree, by, main, race};
use rightlane_race::{Copying, Effect, Output, Race, Setup, Status, Variant};
use std::fs;
use std::process::Command;

const LOOK: &str = r#"
import sys, os, signal
print(__name__, __file__, sys.argv, sys.path[0], os.getcwd(), __spec__, __package__, __builtins__ is not None)
print(sys.orig_argv[1:], sorted(name for name in globals() if name[:2] == "__"))
print([name for name in sys.modules if "rightlane" in name or "sitecustom" in name], [path for path in sys.path if "rightlane" in path])
print(sys.stdin.read() == "", sys.flags.no_site, signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGPIPE))
print(sys.modules["__main__"].__dict__ is globals(), [e.__name__ if hasattr(e, "__name__") else type(e).__name__ for e in sys.meta_path])
"#;

#[test]
fn names_arguments_and_paths_are_those_of_a_plain_run() {
    for python in pythons() {
        let tree = Tree::new(&[("main.py", LOOK)]);
        let plain = Command::new(&python.path)
            .args(["main.py", "a b", "-x"])
            .current_dir(tree.root())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let variant = Variant {
            arguments: vec!["a b".into(), "-x".into()],
            ..by(python)
        };
        let setup = Setup {
            ..Setup::new(
                tree.root(),
                tree.root(),
                tree.temporary(),
                &python.path,
                GO_ON,
            )
        };
        let mut race = Race::open(setup).unwrap();
        race.rehearse(&variant).unwrap();
        let printed = fs::read_to_string(race.folder().join("reference/stdout")).unwrap();
        assert_eq!(
            printed,
            String::from_utf8_lossy(&plain.stdout),
            "{}",
            python.name
        );
    }
}

#[test]
fn exit_codes_and_signals_are_the_programs() {
    let cases = [
        ("import sys; sys.exit(7)", Status::Code(7)),
        ("raise ValueError", Status::Code(1)),
        ("import os; os._exit(3)", Status::Code(3)),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
            Status::Signal(15),
        ),
        ("import sys; sys.exit('why')", Status::Code(1)),
        ("def f(:", Status::Code(1)),
    ];
    for (text, status) in cases {
        let tree = Tree::new(&[("main.py", text)]);
        let rehearsal = tree.rehearse(tree.setup()).unwrap();
        assert_eq!(rehearsal.status, status, "{text}: {}", rehearsal.stderr);
        assert!(!rehearsal.in_copy);
    }
}

#[test]
fn a_program_that_writes_runs_in_a_copy_that_begins_anew_each_time() {
    let text = "import os\nwith open('log.txt', 'a') as file:\n    file.write('line\\n')\nos.remove('input.txt')\nos.makedirs('out/deep', exist_ok=True)\nopen('out/deep/new.txt', 'w').write('x')\nprint(open('log.txt').read(), os.path.basename(os.getcwd()), os.listdir('.').sort())\n";
    let tree = Tree::new(&[
        ("main.py", text),
        ("log.txt", "first\n"),
        ("input.txt", "data"),
        ("deep/a.txt", "1"),
    ]);
    let before = tree.state();
    let setup = Setup {
        compare_files: true,
        ..tree.setup()
    };
    let mut race = Race::open(setup).unwrap();
    let rehearsal = race.rehearse(&main()).unwrap();
    assert!(rehearsal.in_copy);
    for effect in [
        Effect::Written("log.txt".into()),
        Effect::Deleted("input.txt".into()),
        Effect::Written("out/deep/new.txt".into()),
    ] {
        assert!(
            rehearsal.effects.contains(&effect),
            "{effect}: {:?}",
            rehearsal.effects
        );
    }
    race.add(main());
    let silent = Variant {
        overlay: vec![(tree.path("main.py"), text.replace("'x'", "'y'"))],
        ..main()
    };
    race.add(silent);
    race.run(&mut |_| ()).unwrap();
    let measured = race.measured();
    assert_eq!(measured[0].output, Some(Output::Equal), "{:?}", measured[0]);
    assert_eq!(race.doubts(), Vec::<String>::new());
    let Some(Output::Differs(difference)) = &measured[1].output else {
        panic!("{:?}", measured[1]);
    };
    assert_eq!(
        difference.to_string(),
        "out/deep/new.txt, line 1: `y` instead of `x`"
    );
    assert_eq!(tree.state(), before);
}

#[test]
fn links_that_lead_into_the_tree_lead_into_the_copy() {
    let text = "open('link.txt', 'a').write('more')\nopen('absolute.txt', 'a').write('more')\nprint(open('data.txt').read())\n";
    let tree = Tree::new(&[("main.py", text), ("data.txt", "data")]);
    std::os::unix::fs::symlink("data.txt", tree.path("link.txt")).unwrap();
    std::os::unix::fs::symlink(tree.path("data.txt"), tree.path("absolute.txt")).unwrap();
    let rehearsal = tree.rehearse(tree.setup()).unwrap();
    assert!(
        rehearsal.in_copy && rehearsal.status == Status::Code(0),
        "{rehearsal:?}"
    );
}

#[test]
fn a_tree_too_large_is_not_copied() {
    let tree = Tree::new(&[
        ("main.py", "open('new.txt', 'w')\n"),
        ("data.txt", "12345678901234567890"),
    ]);
    let mut setup = tree.setup();
    setup.copy_limit.bytes = 20;
    let error = tree.rehearse(setup).unwrap_err();
    assert!(error.is_too_large(), "{error}");
}

#[test]
fn a_copy_from_the_start_where_told_so() {
    let tree = Tree::new(&[("main.py", "import os; print(os.getcwd())\n")]);
    let setup = Setup {
        copying: Copying::Always,
        ..tree.setup()
    };
    let measured = race(setup, vec![main(), main()]);
    assert_eq!(measured[1].output, Some(Output::Equal));
}

#[test]
fn compiled_modules_do_not_appear_in_the_tree() {
    let tree = Tree::new(&[
        (
            "main.py",
            "import helper, package.one\nprint(helper.__file__)\n",
        ),
        ("helper.py", "x = 1\n"),
        ("package/one.py", ""),
    ]);
    for python in pythons() {
        let before = tree.state();
        let setup = Setup::new(
            tree.root(),
            tree.root(),
            tree.temporary(),
            &python.path,
            GO_ON,
        );
        let measured = race(setup, vec![by(python), by(python)]);
        assert_eq!(measured[1].output, Some(Output::Equal));
        assert_eq!(tree.state(), before);
    }
}

#[test]
fn a_tree_that_holds_the_races_own_folder_is_raced_too() {
    let text = "import os, tempfile\nprint(sorted(name for name in os.listdir('.') if 'race' not in name))\nopen('new.txt', 'w').write(tempfile.mkdtemp()[:0])\n";
    let tree = Tree::new(&[("main.py", text)]);
    let before = tree.state();
    let setup = Setup {
        temporary: tree.root(),
        ..tree.setup()
    };
    let mut race = Race::open(setup).unwrap();
    let rehearsal = race.rehearse(&main()).unwrap();
    assert!(
        rehearsal.in_copy && rehearsal.status == Status::Code(0),
        "{rehearsal:?}"
    );
    race.add(main());
    race.run(&mut |_| ()).unwrap();
    assert_eq!(race.measured()[0].output, Some(Output::Equal));
    drop(race);
    let names = |state: &std::collections::BTreeMap<_, _>| {
        state.keys().cloned().collect::<Vec<std::path::PathBuf>>()
    };
    assert_eq!(names(&before), names(&tree.state()));
}

#[test]
fn a_tree_that_somebody_else_changes_ends_the_race() {
    let tree = Tree::new(&[
        ("main.py", "open('log.txt', 'a').write('x')\n"),
        ("log.txt", ""),
    ]);
    let mut race = Race::open(tree.setup()).unwrap();
    race.rehearse(&main()).unwrap();
    race.add(main());
    fs::write(tree.path("log.txt"), "by the person").unwrap();
    assert!(race.run(&mut |_| ()).unwrap_err().is_tree_changed());
    drop(race);
    assert_eq!(
        fs::read_to_string(tree.path("log.txt")).unwrap(),
        "by the person"
    );
}
