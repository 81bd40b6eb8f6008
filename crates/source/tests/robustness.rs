//! Whatever the bytes: an answer or an error, never a panic, and in bounded time.

use rightlane_source::{SourceError, read_program};
use std::path::{Path, PathBuf};

fn read(name: &str, bytes: &[u8]) -> Result<rightlane_facts::ProgramSource, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    let outcome = read_program(
        Path::new(name),
        folder.path(),
        &[folder.path().to_path_buf()],
    );
    if let Err(error) = &outcome {
        assert!(
            !error.is_internal(),
            "{error}:\n{}",
            String::from_utf8_lossy(bytes)
        );
    }
    outcome
}

#[test]
fn missing_file_directory_and_binary_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let search = [folder.path().to_path_buf()];
    assert!(
        read_program(Path::new("no.py"), folder.path(), &search)
            .unwrap_err()
            .is_missing()
    );
    std::fs::create_dir(folder.path().join("d.py")).unwrap();
    assert!(
        read_program(Path::new("d.py"), folder.path(), &search)
            .unwrap_err()
            .is_directory()
    );
    assert!(
        read_program(Path::new("d.py/x.py"), folder.path(), &search)
            .unwrap_err()
            .is_missing()
    );
    let error = read("a.py", b"\x7fELF\x02\x01\x01\x00\x00").unwrap_err();
    assert!(error.is_not_text() && error.to_string().contains("a.py"));
    assert!(read("a.py", b"x = '\xff\xfe'\n").unwrap_err().is_not_text());
}

#[test]
fn a_syntax_error_has_its_place_and_line() {
    let error = read("bad.py", b"x = 1\ndef f(:\n    pass\n").unwrap_err();
    assert!(error.is_syntax());
    assert_eq!(error.location().unwrap().0, 2);
    assert_eq!(error.source_line(), Some("def f(:"));
    assert!(error.to_string().starts_with("bad.py:2:"));
}

#[test]
fn encodings_of_pep_263_are_honoured() {
    assert!(
        read(
            "a.py",
            b"# -*- coding: latin-1 -*-\nname = '\xe9'\nfor x in name: print(x)\n"
        )
        .is_ok()
    );
    assert!(read("a.py", b"\xef\xbb\xbffor x in 'abc':\n    print(x)\n").is_ok());
}

#[test]
fn columns_count_utf8_bytes_after_decoding() {
    let source = read("a.py", "s = 'é'; t = [x for x in s]\n".as_bytes()).unwrap();
    assert_eq!(source.sites[0].span.column, 14);
    let latin = read(
        "a.py",
        b"# coding: latin-1\ns = '\xe9'; t = [x for x in s]\n",
    )
    .unwrap();
    assert_eq!(latin.sites[0].span.column, 14);
}

#[test]
fn a_syntax_error_in_an_imported_module_is_a_doubt() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("a.py"),
        "import b, c\nfor x in range(3):\n    b.f(x)\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("b.py"), "def f(x:\n").unwrap();
    std::fs::write(folder.path().join("c.py"), b"x = '\xff'\n").unwrap();
    let source = read_program(
        Path::new("a.py"),
        folder.path(),
        &[folder.path().to_path_buf()],
    )
    .unwrap();
    assert_eq!(source.doubts.len(), 2, "{:?}", source.doubts);
    assert_eq!(source.sites.len(), 1);
}

#[test]
fn empty_files_and_odd_line_ends_are_fine() {
    assert!(read("a.py", b"").unwrap().sites.is_empty());
    assert_eq!(
        read("a.py", b"for x in y:\r\n    f(x)\r\n")
            .unwrap()
            .sites
            .len(),
        1
    );
    assert_eq!(
        read("a.py", b"for x in y:\r    f(x)\r")
            .unwrap()
            .sites
            .len(),
        1
    );
}

#[test]
fn absurd_nesting_is_refused_not_overflowed() {
    for text in [
        format!("x = {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("x = {}1", "-".repeat(200_000)),
        format!("x = {}1", "not ".repeat(200_000)),
        format!("x = 1{}", " + 1".repeat(200_000)),
        format!("x = a{}", ".b".repeat(200_000)),
        format!("x = a{}", "()".repeat(200_000)),
        format!("x = {}0", "lambda: ".repeat(100_000)),
        format!("x = {}0", "1 if a else ".repeat(100_000)),
        format!("x = {}", "[".repeat(5_000)),
        "if x:\n".to_owned()
            + &(1..2_000)
                .map(|n| format!("{}if x:\n", " ".repeat(n)))
                .collect::<String>(),
    ] {
        assert!(read("deep.py", text.as_bytes()).unwrap_err().is_syntax());
    }
}

#[test]
fn nesting_that_python_accepts_is_walked() {
    let parens = format!("x = {}f(1){}\n", "(".repeat(150), ")".repeat(150));
    assert!(read("a.py", parens.as_bytes()).is_ok());
    let sum = format!("x = 1{}\n", " + f(2)".repeat(600));
    assert!(read("a.py", sum.as_bytes()).is_ok());
    let loops: String = (0..19)
        .map(|n| format!("{}for x{n} in range(3):\n", "    ".repeat(n)))
        .collect();
    let nested = read(
        "a.py",
        format!("{loops}{}print(1)\n", "    ".repeat(19)).as_bytes(),
    )
    .unwrap();
    assert_eq!(nested.sites.len(), 19);
}

#[test]
fn long_chains_and_circles_of_calls_end() {
    let chain: String = (0..800)
        .map(|n| format!("def f{n}(x):\n    return f{}(x) + 1\n", n + 1))
        .collect();
    let source = read(
        "a.py",
        format!("{chain}def f800(x):\n    return x\nfor x in range(3):\n    print(f0(x))\n")
            .as_bytes(),
    )
    .unwrap();
    assert_eq!(source.sites.len(), 1);
    let circle: String = (0..60)
        .map(|n| {
            format!(
                "def g{n}(x):\n    g{}(x)\n    g{}(x)\n    return g{}(x)\n",
                (n + 1) % 60,
                (n + 7) % 60,
                (n * 3) % 60
            )
        })
        .collect();
    assert!(
        read(
            "a.py",
            format!("{circle}for x in range(3):\n    g0(x)\n").as_bytes()
        )
        .is_ok()
    );
}

#[test]
fn values_that_would_grow_without_end_do_not() {
    let text = "x = []\nfor n in range(9):\n    x = [x, (x, n), {n: x}]\n    y = (x, x, x)\n    x = y\nprint(f(x))\ndef f(a):\n    return f((a, [a]))\n";
    assert!(read("a.py", text.as_bytes()).is_ok());
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "the grammar of the garbage is a table"
)]
fn garbage_gives_an_error_or_an_answer() {
    // A small generator of our own: the bytes must be the same at every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let words = [
        "for ",
        "x ",
        "in ",
        "while ",
        ":",
        "\n",
        "    ",
        "def f(",
        ")",
        "(",
        "[",
        "]",
        "lambda ",
        "yield ",
        "await ",
        "= ",
        "+= ",
        ".a",
        ", ",
        "*",
        "**",
        "if ",
        "else ",
        "f'{",
        "}'",
        "class C",
        "global x\n",
        "nonlocal y\n",
        "return ",
        "import a.b as c\n",
        "from . import d\n",
        "with ",
        "as ",
        "try:\n",
        "except ",
        "match x:\n",
        "case ",
        "_",
        "1",
        "'s'",
        "del ",
        "@",
        "print(x)\n",
        ":= ",
        "async ",
        "not ",
        "raise ",
        "super()",
        "self",
    ];
    for _ in 0..400 {
        let length = next() % 60;
        let text: String = (0..length)
            .map(|_| words[(next() % words.len() as u64) as usize])
            .collect();
        let _ = read("g.py", text.as_bytes());
    }
    for _ in 0..200 {
        let bytes: Vec<u8> = (0..next() % 200).map(|_| (next() & 0xff) as u8).collect();
        let _ = read("g.py", &bytes);
    }
}

#[test]
fn damaged_programs_give_an_error_or_an_answer() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/programs");
    for (at, entry) in std::fs::read_dir(programs).unwrap().enumerate() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "py") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let cut = (at * 7) % lines.len();
        let without: Vec<&str> = lines
            .iter()
            .enumerate()
            .filter(|(number, _)| *number != cut)
            .map(|(_, line)| *line)
            .collect();
        let _ = read("d.py", without.join("\n").as_bytes());
        let _ = read("d.py", lines[..cut].join("\n").as_bytes());
    }
}

/// Every file of a standard library given by `RIGHTLANE_STDLIB` (`…/lib/python3.13`).
#[test]
#[ignore = "needs RIGHTLANE_STDLIB and some minutes"]
fn the_standard_library_is_read_without_a_panic() {
    let root =
        PathBuf::from(std::env::var("RIGHTLANE_STDLIB").expect("RIGHTLANE_STDLIB names a folder"));
    let mut waiting = vec![root.clone()];
    let (mut files, mut refused, mut slowest) =
        (0, Vec::new(), (std::time::Duration::ZERO, PathBuf::new()));
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "py") {
                continue;
            }
            files += 1;
            let start = std::time::Instant::now();
            if let Err(error) = read_program(&path, &root, &[]) {
                assert!(error.is_syntax() || error.is_not_text(), "{error}");
                refused.push(error.to_string());
            }
            slowest = slowest.max((start.elapsed(), path));
        }
    }
    println!(
        "{files} files, {} refused, slowest {slowest:?}\n{}",
        refused.len(),
        refused.join("\n")
    );
    assert!(files > 500);
}
