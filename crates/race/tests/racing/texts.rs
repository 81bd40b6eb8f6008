//! A variant's texts reach the program wherever it runs.

use crate::pythons::pythons;
use crate::support::{GO_ON, Tree, assert_equal, by, python as usual, race};
use rightlane_race::{Copying, How, Output, Setup, Target, Variant};

/// Prints what the variant's texts make of it: the same as the reference, which has it plainly.
const WORKERS: &str = r#"
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import helper

def task(item):
    return (item * 2, WORD, helper.word(), __name__ != "")

WORD = "reference"

if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            print(method, list(pool.map(task, range(3))))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(helper.double, [1, 2]))
"#;
const HELPER: &str = "def word():\n    return 'helper'\ndef double(item):\n    return item * 2\n";

fn setup<'a>(tree: &Tree, python: &crate::pythons::Python) -> Setup<'a> {
    Setup {
        min_runs: 1,
        max_runs: 1,
        budget: Some(std::time::Duration::from_secs(120)),
        ..Setup::new(
            tree.root(),
            tree.root(),
            tree.temporary(),
            &python.path,
            GO_ON,
        )
    }
}

#[test]
fn workers_of_every_start_method_have_the_variants_texts() {
    for python in pythons() {
        for copying in [Copying::WhenNeeded, Copying::Always] {
            // A copy holds the texts itself, whatever the Python; one is enough.
            if copying == Copying::Always && python.path != usual().path {
                continue;
            }
            // The files say one thing, the variant's texts what the reference says.
            let tree = Tree::new(&[("main.py", WORKERS), ("helper.py", HELPER)]);
            let before = tree.state();
            let reference = by(python);
            let variant = |word: &str| Variant {
                name: word.to_owned(),
                overlay: vec![
                    (
                        tree.path("main.py"),
                        WORKERS.replace("\"reference\"", &format!("\"{word}\"")),
                    ),
                    (
                        tree.path("helper.py"),
                        HELPER.replace("'helper'", &format!("'{word}'")),
                    ),
                ],
                ..by(python)
            };
            let same = Variant {
                overlay: vec![
                    (tree.path("main.py"), format!("# Another text.\n{WORKERS}")),
                    (tree.path("helper.py"), format!("# Another text.\n{HELPER}")),
                ],
                ..by(python)
            };
            let setup = Setup {
                copying,
                ..setup(&tree, python)
            };
            let measured = race(setup, vec![reference, same, variant("other")]);
            assert_equal(&measured[1]);
            let Some(Output::Differs(difference)) = &measured[2].output else {
                panic!("{}: {:#?}", python.name, measured[2]);
            };
            let found = difference.variant.as_deref().unwrap();
            assert!(
                found.contains("'other', 'other'"),
                "{}: {difference}",
                python.name
            );
            assert_eq!(tree.state(), before);
        }
    }
}

#[test]
fn every_worker_of_a_variant_has_its_texts() {
    // The reference prints what it should be by hand; the variant has it from its workers.
    let plain =
        "for method in ('fork', 'spawn', 'forkserver'):\n    print(method, ['new', 'new'])\n";
    let text = r#"
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
import helper

if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
            print(method, [pool.submit(helper.word).result(), pool.submit(helper.main_word).result()])
"#;
    let helper = "import sys\ndef word():\n    return 'new'\ndef main_word():\n    main = sys.modules.get('__mp_main__') or sys.modules['__main__']\n    return open is not None and getattr(main, 'WORD', 'old')\n";
    for python in pythons() {
        let tree = Tree::new(&[
            ("main.py", plain),
            ("helper.py", "def word():\n    return 'old'\n"),
        ]);
        let variant = Variant {
            overlay: vec![
                (tree.path("main.py"), format!("WORD = 'new'\n{text}")),
                (tree.path("helper.py"), helper.to_owned()),
            ],
            ..by(python)
        };
        let measured = race(setup(&tree, python), vec![by(python), variant]);
        assert_equal(&measured[1]);
    }
}

#[test]
fn interpreter_workers_have_the_variants_texts() {
    for python in pythons().iter().filter(|python| python.minor >= 14) {
        let tree = Tree::new(&[
            ("main.py", "print(['new', 'new'])\n"),
            ("helper.py", "def word():\n    return 'old'\n"),
        ]);
        let text = r#"
from concurrent.futures import InterpreterPoolExecutor
import helper
WORD = "new"

def word():
    return WORD

if __name__ == "__main__":
    with InterpreterPoolExecutor(1) as pool:
        print([pool.submit(helper.word).result(), pool.submit(word).result()])
"#;
        let variant = Variant {
            overlay: vec![
                (tree.path("main.py"), text.to_owned()),
                (
                    tree.path("helper.py"),
                    "def word():\n    return 'new'\n".to_owned(),
                ),
            ],
            ..by(python)
        };
        let measured = race(setup(&tree, python), vec![by(python), variant]);
        assert_equal(&measured[1]);
    }
}

#[test]
fn tracebacks_and_inspect_show_the_variants_lines() {
    for python in pythons() {
        let tree = Tree::new(&[("main.py", "pass\n"), ("helper.py", "pass\n")]);
        let text = "import helper, inspect, linecache, traceback\ntry:\n    helper.fail()\nexcept ValueError:\n    shown = traceback.format_exc()\nassert 'raise ValueError  # of the variant' in shown, shown\nassert 'helper.fail()' in shown, shown\nassert 'of the variant' in inspect.getsource(helper.fail)\nhelper.fail()\n";
        let variant = Variant {
            overlay: vec![
                (tree.path("main.py"), text.to_owned()),
                (
                    tree.path("helper.py"),
                    "def fail():\n    raise ValueError  # of the variant\n".to_owned(),
                ),
            ],
            ..by(python)
        };
        let measured = race(setup(&tree, python), vec![by(python), variant]);
        let Some(Output::Failed(How::Status { stderr, .. })) = &measured[1].output else {
            panic!("{:#?}", measured[1]);
        };
        let main = tree.path("main.py");
        let expected = format!(
            "Traceback (most recent call last):\n  File \"{}\", line 9, in <module>\n    helper.fail()\n",
            main.display()
        );
        assert!(stderr.starts_with(&expected), "{}: {stderr}", python.name);
        assert!(
            stderr.contains("    raise ValueError  # of the variant\n"),
            "{}: {stderr}",
            python.name
        );
        assert!(
            stderr.ends_with("\nValueError"),
            "{}: {stderr}",
            python.name
        );
    }
}

#[test]
fn a_module_is_run_with_its_variants_text() {
    for python in pythons() {
        let tree = Tree::new(&[
            ("package/__init__.py", ""),
            (
                "package/tool.py",
                "import sys\nprint('new', sys.argv[1:], __name__, __spec__.name)\n",
            ),
        ]);
        let reference = Variant {
            target: Target::Module("package.tool".to_owned()),
            arguments: vec!["--month".into(), "5".into()],
            ..by(python)
        };
        let variant = Variant {
            overlay: vec![(
                tree.path("package/tool.py"),
                "import sys\nword = 'new'\nprint(word, sys.argv[1:], __name__, __spec__.name)\n"
                    .to_owned(),
            )],
            ..reference.clone()
        };
        let wrong = Variant {
            overlay: vec![(tree.path("package/tool.py"), "print('wrong')\n".to_owned())],
            ..reference.clone()
        };
        let measured = race(setup(&tree, python), vec![reference, variant, wrong]);
        assert_equal(&measured[1]);
        assert!(matches!(measured[2].output, Some(Output::Differs(_))));
    }
}

#[test]
fn in_a_copy_the_texts_are_found_by_the_trees_own_path_too() {
    for python in pythons() {
        let tree = Tree::new(&[("main.py", ""), ("src/tool.py", "print('old')\n")]);
        let main = format!(
            "import sys\nsys.path.insert(0, '{}')\nimport tool\n",
            tree.path("src").display()
        );
        std::fs::write(tree.path("main.py"), main).unwrap();
        let variant = Variant {
            overlay: vec![(tree.path("src/tool.py"), "print('new')\n".to_owned())],
            ..by(python)
        };
        let setup = Setup {
            copying: Copying::Always,
            ..setup(&tree, python)
        };
        let measured = race(setup, vec![by(python), variant]);
        let Some(Output::Differs(difference)) = &measured[1].output else {
            panic!("{:#?}", measured[1]);
        };
        assert_eq!(
            difference.to_string(),
            "stdout, line 1: `new` instead of `old`"
        );
    }
}

#[test]
fn a_script_named_by_a_symbolic_link_to_the_tree_runs_in_the_copy() {
    let tree = Tree::new(&[("main.py", "open('new.txt', 'w').write('x')\nprint('old')\n")]);
    let aside = tempfile::tempdir().unwrap();
    let link = aside.path().join("link");
    std::os::unix::fs::symlink(tree.root(), &link).unwrap();
    let by_link = Variant {
        target: Target::Script(link.join("main.py")),
        ..by(&pythons()[0])
    };
    let variant = Variant {
        overlay: vec![(
            link.join("main.py"),
            "open('new.txt', 'w')\nprint('new')\n".to_owned(),
        )],
        ..by_link.clone()
    };
    let measured = race(setup(&tree, &pythons()[0]), vec![by_link, variant]);
    assert!(
        matches!(measured[1].output, Some(Output::Differs(_))),
        "{measured:?}"
    );
}

#[test]
fn an_interpreter_with_flags_has_the_texts_and_the_guard() {
    for python in pythons() {
        for flags in [vec!["-I"], vec!["-S", "-E"], vec!["-O", "-u"]] {
            let tree = Tree::new(&[("main.py", "print('new')\n")]);
            let reference = Variant {
                python_flags: flags.iter().map(Into::into).collect(),
                ..by(python)
            };
            let text = |text: &str| Variant {
                overlay: vec![(tree.path("main.py"), text.to_owned())],
                ..reference.clone()
            };
            let variants = vec![
                reference.clone(),
                text("word = 'new'\nprint(word)\n"),
                text("print('new')\nopen('x', 'w')\n"),
            ];
            let measured = race(setup(&tree, python), variants);
            assert_equal(&measured[1]);
            let output = &measured[2].output;
            assert!(
                matches!(output, Some(Output::Failed(How::Stopped(_)))),
                "{output:?}"
            );
        }
    }
}
