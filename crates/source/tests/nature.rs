//! What a call is like for whoever runs it beside others, and where imports can be loaded: each answer
//! with the line that decides it.

mod shared;

use rightlane_facts::{Answer, Decided, ProgramSource};

fn source(program: &str) -> ProgramSource {
    let files = vec![("script.py".to_owned(), program.to_owned())];
    shared::read(&files).unwrap_or_else(|error| panic!("{error}"))
}

/// Blocks and releases the GIL, of the call of this name.
fn call(program: &str, name: &str) -> (Decided, Decided) {
    let source = source(program);
    let mut calls = source.sites.iter().flat_map(|site| &site.calls);
    let call = calls.find(|call| call.name == name);
    let call = call.unwrap_or_else(|| panic!("no call of {name}"));
    (call.blocks.clone(), call.releases_gil.clone())
}

#[test]
fn functions_of_the_library_answer_by_the_tables() {
    let program = "import hashlib, json, time\nfor x in range(9):\n    time.sleep(x)\n    hashlib.sha256(x)\n    json.dumps(x)\n";
    for (name, blocks, releases, line) in [
        ("time.sleep", Answer::Yes, Answer::Yes, 3),
        ("hashlib.sha256", Answer::No, Answer::Yes, 4),
        ("json.dumps", Answer::No, Answer::No, 5),
    ] {
        let (found, gil) = call(program, name);
        assert_eq!((found.answer, gil.answer), (blocks, releases), "{name}");
        assert_eq!(found.place.unwrap().line, line, "{name}");
    }
}

#[test]
fn functions_of_the_program_answer_by_the_line_that_waits() {
    let program = "import urllib.request\n\ndef fetch(url):\n    with urllib.request.urlopen(url) as page:\n        return page.read()\n\ndef count(n):\n    return sum(i * i for i in range(n))\n\nfor x in ['a', 'b']:\n    fetch(x)\nfor n in range(9):\n    count(n)\n";
    let (blocks, gil) = call(program, "fetch");
    assert_eq!((blocks.answer, gil.answer), (Answer::Yes, Answer::Unknown));
    assert_eq!(blocks.place.unwrap().line, 4);
    let (blocks, gil) = call(program, "count");
    assert_eq!((blocks.answer, gil.answer), (Answer::No, Answer::No));
}

#[test]
fn what_nobody_knows_is_unknown() {
    let program = "import astrolib\n\ndef watch(x):\n    return astrolib.observe(x)\n\nfor x in range(9):\n    watch(x)\n";
    let (blocks, gil) = call(program, "watch");
    assert_eq!(
        (blocks.answer, gil.answer),
        (Answer::Unknown, Answer::Unknown)
    );
    assert_eq!(blocks.place.unwrap().line, 4);
}

#[test]
fn imports_say_where_they_load() {
    let source = source("import json\nimport numpy as np\n\nprint(np, json)\n");
    let numpy = source
        .import_facts
        .iter()
        .find(|fact| fact.module == "numpy");
    let numpy = numpy.expect("numpy is in the tables");
    assert_eq!(numpy.place.line, 2);
    assert_eq!(numpy.subinterpreters, Answer::No);
}
