//! Every program that the guide can print is run.

use rightlane_advise::guide::{Answers, QuestionId, decide};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each different program, of verdicts and of alternatives.
fn programs() -> BTreeSet<String> {
    let questions = [
        QuestionId::Dependence,
        QuestionId::Bound,
        QuestionId::CpuCode,
        QuestionId::Sockets,
        QuestionId::FileIo,
        QuestionId::Codebase,
        QuestionId::Lifetime,
        QuestionId::State,
        QuestionId::Shape,
    ];
    let mut programs = BTreeSet::new();
    collect(&questions, &mut Answers::default(), &mut programs);
    for question in [QuestionId::Python, QuestionId::Needs, QuestionId::Machines] {
        for row in 0..question.row().answers.len() {
            let mut answers = Answers::default();
            answers.answer(question, Some(&[row]));
            collect(&questions[1..5], &mut answers, &mut programs);
            collect(&questions[6..8], &mut answers, &mut programs);
        }
    }
    programs
}

fn collect(questions: &[QuestionId], answers: &mut Answers, programs: &mut BTreeSet<String>) {
    let Some((question, rest)) = questions.split_first() else {
        let verdict = decide(answers);
        programs.insert(verdict.code);
        programs.extend(verdict.alternatives.into_iter().map(|other| other.code));
        return;
    };
    collect(rest, answers, programs);
    for row in 0..question.row().answers.len() {
        answers.answer(*question, Some(&[row]));
        collect(rest, answers, programs);
    }
    answers.answer(*question, None);
}

/// A folder that goes when the test ends, however it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> std::io::Result<Self> {
        let name = format!("rightlane-guide-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// What a program needs that this Python may not have: a module to import, and a name in it.
fn requirement(program: &str) -> Option<&'static str> {
    [
        (
            "InterpreterPoolExecutor",
            "from concurrent.futures import InterpreterPoolExecutor",
        ),
        ("asyncio.TaskGroup(", "from asyncio import TaskGroup"),
        ("dask.distributed", "import dask.distributed"),
        ("import ray", "import ray"),
    ]
    .into_iter()
    .find(|(text, _)| program.contains(text))
    .map(|(_, import)| import)
}

fn python(arguments: &[&str], folder: &Path) -> std::io::Result<std::process::Output> {
    Command::new("python3")
        .args(arguments)
        .current_dir(folder)
        .output()
}

#[test]
fn every_program_compiles_and_runs() -> std::io::Result<()> {
    let programs = programs();
    assert!(programs.len() >= 30, "{}", programs.len());
    let folder = Folder::new("programs")?;
    let mut skipped = BTreeSet::new();
    for program in &programs {
        assert!(!program.contains("from task import"), "{program}");
        let widest = program.lines().map(|line| line.chars().count()).max();
        assert!(widest < Some(80), "does not fit a terminal:\n{program}");
        let file = folder.0.join("example.py");
        std::fs::write(&file, program)?;
        if let Some(import) = requirement(program)
            && !python(&["-c", import], &folder.0)?.status.success()
        {
            let compiled = python(&["-m", "py_compile", "example.py"], &folder.0)?;
            assert!(compiled.status.success(), "{compiled:?}\n{program}");
            skipped.insert(import);
            continue;
        }
        // Cluster libraries write logs and warnings of their own.
        let cluster = program.contains("import ray") || program.contains("from dask");
        let warnings = if cluster { "default" } else { "error" };
        let run = python(&["-W", warnings, "example.py"], &folder.0)?;
        let errors = String::from_utf8_lossy(&run.stderr);
        let quiet = cluster || errors.is_empty();
        assert!(run.status.success() && quiet, "{errors}\n{program}");
        assert!(!run.stdout.is_empty(), "says nothing:\n{program}");
    }
    eprintln!(
        "{} programs; only compiled, for want of: {skipped:?}",
        programs.len()
    );
    Ok(())
}

/// Sets the start method before the program runs, as a newer Python or another system would.
const START_METHOD: &str = "\
import multiprocessing, os
multiprocessing.set_start_method(os.environ['RIGHTLANE_TEST_START_METHOD'])
";

#[test]
fn programs_with_worker_processes_run_under_every_start_method() -> std::io::Result<()> {
    let folder = Folder::new("start-methods")?;
    let site = folder.0.join("site");
    std::fs::create_dir_all(&site)?;
    std::fs::write(site.join("sitecustomize.py"), START_METHOD)?;
    let processes = [
        "multiprocessing.Process",
        "import Pool",
        "import ProcessPoolExecutor",
    ];
    let programs = programs();
    let programs: Vec<_> = programs
        .iter()
        .filter(|program| processes.iter().any(|name| program.contains(name)))
        .collect();
    assert!(programs.len() >= 6, "{}", programs.len());
    for program in programs {
        std::fs::write(folder.0.join("example.py"), program)?;
        for method in ["spawn", "forkserver"] {
            let run = Command::new("python3")
                .arg("example.py")
                .current_dir(&folder.0)
                .env("PYTHONPATH", &site)
                .env("RIGHTLANE_TEST_START_METHOD", method)
                .output()?;
            let errors = String::from_utf8_lossy(&run.stderr);
            let fine = run.status.success() && errors.is_empty();
            assert!(fine, "{method}: {errors}\n{program}");
        }
    }
    Ok(())
}
