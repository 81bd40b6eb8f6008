"""`rightlane check` as people and their tools use it."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

PROJECT = Path(__file__).parent.parent

DROPPED = """\
from concurrent.futures import ThreadPoolExecutor


def save_all(records, save):
    with ThreadPoolExecutor() as pool:
        for record in records:
            pool.submit(save, record)
"""
NO_TUPLE = """\
from threading import Thread

thread = Thread(target=print, args=("Ada"))  # one argument
thread.start()
thread.join()
"""
FINE = "print('hello')\n"


@pytest.fixture
def check(command, tmp_path):
    """Runs `rightlane check` in the folder of the test."""

    def run(*arguments, code=None):
        done = subprocess.run(
            [command, "check", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        )
        assert "panicked" not in done.stderr
        if code is not None:
            assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


def codes(done):
    return re.findall(r"^\S+: (RL\d+)", done.stdout, re.MULTILINE)


def concise(check, *arguments):
    return codes(check("--format", "concise", *arguments))


def test_nothing_found_is_exit_code_0(check, tmp_path):
    (tmp_path / "fine.py").write_text(FINE)
    assert check(code=0).stdout == "All well: 1 file checked.\n"


def test_no_python_files_are_said_to_be_none(check, tmp_path):
    (tmp_path / "notes.txt").write_text(DROPPED)
    assert "no Python files" in check(code=0).stderr


def test_the_readme_shows_what_the_example_gives(command, run):
    shown = (
        (PROJECT / "README.md").read_text().split("$ rightlane check examples/order_service.py\n")[1].split("```")[0]
    )
    done = subprocess.run([command, "check", "examples/order_service.py"], cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout == shown


def test_findings_are_exit_code_1_and_show_the_source(check, tmp_path):
    (tmp_path / "jobs.py").write_text(DROPPED)
    done = check(code=1)
    assert "RL204" in done.stdout
    assert "--> jobs.py:7:13" in done.stdout
    assert "7 |             pool.submit(save, record)" in done.stdout
    assert "\x1b" not in done.stdout
    assert check("--exit-zero", code=0).stdout == done.stdout


@pytest.mark.parametrize("arguments", [["nowhere.py"], ["--select", "RL9"], ["--format", "xml"]])
def test_wrong_usage_is_exit_code_2_and_says_what_to_do(check, arguments):
    done = check(*arguments, code=2)
    assert done.stdout == ""
    assert "rightlane" in done.stderr or "possible values" in done.stderr


def test_a_file_that_is_not_python_is_named_with_its_line(check, tmp_path):
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n")
    (tmp_path / "binary.py").write_bytes(b"\0\xff")
    (tmp_path / "jobs.py").write_text(DROPPED)
    done = check("--format", "concise", code=1)
    assert "broken.py:2:7: syntax error" in done.stdout
    assert "binary.py: " in done.stdout
    assert codes(done) == ["RL204"]


def test_rules_are_chosen_by_code_beginning_name_and_group(check, tmp_path):
    (tmp_path / "jobs.py").write_text(DROPPED + NO_TUPLE)
    assert concise(check, "--select", "RL204") == ["RL204"]
    assert concise(check, "--select", "args-not-a-tuple") == ["RL225"]
    assert concise(check, "--select", "correctness", "--ignore", "RL204") == ["RL225"]
    assert concise(check, "--select", "RL2", "--ignore", "RL20") == ["RL225"]
    assert concise(check, "--select", "RL204", "--ignore", "RL2") == ["RL204"]
    assert concise(check, "--select", "ALL", "--ignore", "RL2") == []


def test_settings_come_from_the_nearest_pyproject(check, tmp_path):
    (tmp_path / "pyproject.toml").write_text("""
[tool.rightlane.check]
ignore = ["RL225"]
exclude = ["old"]
per-file-ignores = { "tests/*" = ["correctness"] }
""")
    for folder in ("app", "tests", "old", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "jobs.py").write_text(DROPPED + NO_TUPLE)
    (tmp_path / "other" / "pyproject.toml").write_text("[tool.rightlane.check]\nselect = ['RL225']\n")
    found = check("--format", "concise").stdout
    places = re.findall(r"^(\S+?):\S+ (RL\d+)", found, re.MULTILINE)
    assert places == [("app/jobs.py", "RL204"), ("other/jobs.py", "RL225")]
    assert concise(check, "old/jobs.py") == ["RL204"]
    assert concise(check, "--force-exclude", "old/jobs.py") == []
    assert concise(check, "--isolated", "app") == ["RL204", "RL225"]


@pytest.mark.parametrize("table", ["selct = []", "select = 'RL2'", "ignore = ['RL9']", "exclude = ['[']"])
def test_settings_that_cannot_be_read_say_where(check, tmp_path, table):
    (tmp_path / "pyproject.toml").write_text(f"[tool.rightlane.check]\n{table}\n")
    (tmp_path / "fine.py").write_text(DROPPED)
    assert "pyproject.toml" in check(code=2).stderr


def test_other_peoples_files_are_left_alone(check, tmp_path):
    (tmp_path / ".gitignore").write_text("generated/\n")
    for folder in ("generated", ".venv/lib", "node_modules", "app"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "jobs.py").write_text(DROPPED)
    assert "app/jobs.py" in check("--format", "concise").stdout
    assert len(concise(check)) == 1
    assert len(concise(check, "--no-gitignore")) == 2
    assert len(concise(check, ".venv")) == 1


def test_comments_suppress_findings(check, tmp_path):
    line = "            pool.submit(save, record)"
    for comment, left in [
        ("# rightlane: ignore[RL204]", 0),
        ("# rightlane: ignore", 0),
        ("# rightlane: ignore[RL205, RL204] on purpose", 0),
        ("# rightlane: ignore[RL205]", 1),
        ("'# rightlane: ignore'", 1),
    ]:
        joiner = "; " if comment.startswith("'") else "  "
        (tmp_path / "jobs.py").write_text(DROPPED.replace(line, f"{line}{joiner}{comment}"))
        assert len(concise(check)) == left, comment
    (tmp_path / "jobs.py").write_text("# rightlane: ignore-file[RL204]\n" + DROPPED)
    assert concise(check) == []


def test_a_helper_in_a_file_that_was_not_named_counts(check, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("from .net import fetch\n")
    (tmp_path / "app" / "net.py").write_text(
        "import requests\n\n\ndef fetch(url):\n    return deeper(url)\n\n\n"
        "def deeper(url):\n    return requests.get(url)\n"
    )
    (tmp_path / "app" / "views.py").write_text("from . import fetch\n\n\nasync def view(url):\n    return fetch(url)\n")
    alone, whole = check("--format", "concise", "app/views.py"), check("--format", "concise", "app")
    assert "RL207 `fetch` blocks the event loop: it calls `requests.get` at app/net.py:9" in alone.stdout
    assert codes(alone) == codes(whole) == ["RL207"]


def test_fix_makes_the_safe_edits_and_keeps_the_rest(check, tmp_path):
    path = tmp_path / "greet.py"
    path.write_bytes(b"\xef\xbb\xbf" + NO_TUPLE.replace("\n", "\r\n").encode())
    path.chmod(0o750)
    done = check("--diff", code=1)
    assert '+thread = Thread(target=print, args=("Ada",))  # one argument' in done.stdout
    assert path.read_bytes().count(b",)") == 0
    assert "mended 1 finding" in check("--fix", "--select", "RL225", code=0).stderr
    expected = NO_TUPLE.replace('("Ada")', '("Ada",)').replace("\n", "\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbf" + expected.encode()
    assert path.stat().st_mode & 0o777 == 0o750
    assert check("--diff", code=0).stdout == ""


def notebook(*cells):
    cells = [
        {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for kind, text in cells
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def test_notebooks_are_checked_and_mended_by_cell(check, tmp_path):
    path = tmp_path / "study.ipynb"
    path.write_text(
        notebook(
            ("markdown", "# Study"),
            ("code", "%matplotlib inline\nfrom threading import Thread\n!ls"),
            ("code", "%%bash\nfor x in *; do echo $x; done"),
            ("code", "t = Thread(target=print, args=('Ada'))\nt.start()\nt.join()"),
        )
    )
    done = check("--format", "concise", code=1)
    assert "study.ipynb:cell 4:1:32: RL225" in done.stdout
    check("--fix", "--select", "RL225", code=0)
    mended = json.loads(path.read_text())
    assert mended["cells"][3]["source"][0] == "t = Thread(target=print, args=('Ada',))\n"
    assert path.read_text() == notebook(
        ("markdown", "# Study"),
        ("code", "%matplotlib inline\nfrom threading import Thread\n!ls"),
        ("code", "%%bash\nfor x in *; do echo $x; done"),
        ("code", "t = Thread(target=print, args=('Ada',))\nt.start()\nt.join()"),
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "code", "source": 3}]}'])
def test_what_is_no_notebook_is_no_crash(check, tmp_path, text):
    (tmp_path / "odd.ipynb").write_text(text)
    assert check().returncode in (0, 1)


def test_json_keeps_to_its_schema(check, command, tmp_path, run):
    (tmp_path / "jobs.py").write_text(DROPPED + NO_TUPLE)
    (tmp_path / "broken.py").write_text("def\n")
    report = json.loads(check("--format", "json", code=1).stdout)
    jsonschema.validate(report, json.loads(run(command, "schema", "check").stdout))
    assert [finding["code"] for finding in report["findings"]] == ["RL204", "RL225"]
    assert report["files"] == 2 and report["errors"][0]["file"] == "broken.py"


@pytest.fixture(scope="session")
def sarif_schema():
    """The standard's schema, from a package of the registry that carries it (see `Cargo.toml`)."""
    told = ["cargo", "metadata", "--format-version", "1", "--locked", "--manifest-path", PROJECT / "Cargo.toml"]
    packages = json.loads(subprocess.run(told, check=True, capture_output=True).stdout)["packages"]
    carrier = next(package for package in packages if package["name"] == "serde-sarif")
    return json.loads((Path(carrier["manifest_path"]).parent / "src/schema.json").read_text())


def test_sarif_is_valid(check, tmp_path, sarif_schema):
    folder = tmp_path / "some folder: ä"
    folder.mkdir()
    (folder / "jobs.py").write_text(DROPPED + NO_TUPLE)
    (tmp_path / "broken.py").write_text("def\n")
    (tmp_path / "study.ipynb").write_text(notebook(("code", NO_TUPLE)))
    done = check("--format", "sarif", "--output", "found.sarif", code=1)
    assert done.stdout == ""
    report = json.loads((tmp_path / "found.sarif").read_text())
    jsonschema.validate(report, sarif_schema)
    (run,) = report["runs"]
    assert {result["ruleId"] for result in run["results"]} >= {"RL204", "RL225"}
    assert all(run["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    assert "some%20folder%3A%20%C3%A4/jobs.py" in json.dumps(report)
    (tmp_path / "empty").mkdir()
    jsonschema.validate(json.loads(check("--format", "sarif", "empty", code=0).stdout), sarif_schema)


def test_github_annotations_name_file_and_lines(check, tmp_path):
    (tmp_path / "jobs, old.py").write_text(DROPPED)
    (line,) = check("--format", "github", code=1).stdout.splitlines()
    assert line.startswith("::error title=Rightlane (RL204),file=jobs%2C old.py,line=7,col=13,endLine=7,endColumn=38::")


def test_every_rule_has_its_page(command, run):
    listed = run(command, "explain", "rules").stdout.decode()
    rules = re.findall(r"^ +(RL\d+)", listed, re.MULTILINE)
    assert len(rules) >= 40
    for rule in rules:
        page = run(command, "explain", rule).stdout.decode()
        assert rule in page and "When it is wrong" in page


def test_watch_checks_again_after_a_change(command, tmp_path):
    (tmp_path / "jobs.py").write_text(FINE)
    watching = subprocess.Popen(
        [command, "check", "--watch", "--format", "concise"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    seen = b""

    def read_until(words):
        nonlocal seen
        while words not in seen:
            assert select.select([watching.stdout], [], [], 30)[0], seen
            seen += os.read(watching.stdout.fileno(), 65536)
        seen = seen.split(words, 1)[1]

    try:
        read_until(b"Watching for changes")
        (tmp_path / "jobs.py").write_text(DROPPED)
        read_until(b"jobs.py:7:13: RL204")
        read_until(b"Watching for changes")
        (tmp_path / "jobs.py").write_text(FINE)
        read_until(b"All well")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(10) != 0
    finally:
        watching.kill()
        watching.wait()


@pytest.fixture
def repository(tmp_path, command):
    """A repository of somebody's, with our hook as its `.pre-commit-hooks.yaml` entry says, run from
    this installation."""
    if not shutil.which("git"):
        pytest.skip("no git here")
    (hook,) = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text())
    entry = hook["entry"].replace("rightlane", str(command), 1)
    hooks = {"repos": [{"repo": "local", "hooks": [{**hook, "entry": entry, "language": "system"}]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(hooks))
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def run(*arguments):
        return subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)

    for setting in (["user.name", "Ada"], ["user.email", "ada@example.org"]):
        run("git", "config", "--global", *setting)
    (tmp_path / ".gitignore").write_text("cache/\ngitconfig\n")
    run("git", "init", "--quiet")
    assert run(sys.executable, "-m", "pre_commit", "install").returncode == 0
    return run


def test_the_pre_commit_hook_stops_a_commit_with_findings(repository, tmp_path):
    (tmp_path / "jobs.py").write_text(DROPPED)
    (tmp_path / "study.ipynb").write_text(notebook(("code", NO_TUPLE)))
    repository("git", "add", ".")
    stopped = repository("git", "commit", "-m", "first")
    said = stopped.stdout + stopped.stderr
    assert stopped.returncode != 0
    assert "jobs.py:7:13" in said and "study.ipynb" in said
    (tmp_path / "jobs.py").write_text(FINE)
    (tmp_path / "study.ipynb").write_text(notebook(("code", "print(1)")))
    repository("git", "add", ".")
    assert repository("git", "commit", "-m", "first").returncode == 0


RENAMES = "import threading\nt = threading.currentThread()\nu = threading.currentThread()\n"


def test_a_file_that_is_reached_by_several_paths_is_mended_once(check, tmp_path):
    (tmp_path / "a.py").write_text(RENAMES)
    (tmp_path / "b.py").symlink_to("a.py")
    done = check("--fix", ".", "./a.py", "b.py", tmp_path, code=0)
    assert "1 file checked" in done.stdout
    assert (tmp_path / "a.py").read_text() == RENAMES.replace("currentThread", "current_thread")


def test_a_notebook_stays_as_it_is_written_but_for_the_edit(check, tmp_path):
    text = (
        '{\r\n    "cells": [\r\n        {"cell_type": "code", "source": [\r\n            "import threading\\n",\r\n'
        '            "t = threading.currentThread()"\r\n        ], "outputs": [{"big": 12345678901234567890123,'
        ' "e": 1e5, "z": -0, "s": "\\u00e9"}]}\r\n    ]\r\n}\r\n'
    )
    path = tmp_path / "odd.ipynb"
    path.write_bytes(text.encode())
    check("--fix", code=0)
    assert path.read_bytes() == text.replace("currentThread", "current_thread").encode()


def test_settings_of_the_working_directory_do_not_reach_other_projects(check, tmp_path):
    for folder in ("mine", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(RENAMES)
    (tmp_path / "mine" / "pyproject.toml").write_text("[tool.rightlane.check]\nignore = ['RL505']\n")
    assert concise(check, "mine/../other/a.py") == ["RL505", "RL505"]
    assert concise(check, "other/../mine/a.py") == []


def test_patterns_are_about_paths_from_the_working_directory_on(check, tmp_path):
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    for folder in ("docs", "docs/deep"):
        (tmp_path / folder / "a.py").write_text(NO_TUPLE)
    assert len(concise(check, "--exclude", tmp_path.parent.name, tmp_path)) == 2
    assert len(concise(check, "--exclude", "docs/*.py", tmp_path)) == 1
    assert len(concise(check, "--exclude", "/docs/deep", ".")) == 1
    assert "no meaning" in check("--exclude", "!a.py", code=2).stderr


def test_diff_has_the_exit_codes_of_check(check, tmp_path):
    (tmp_path / "bad.py").write_text("def f(:\n")
    assert "bad.py" in check("--diff", code=1).stderr
    (tmp_path / "bad.py").write_text(NO_TUPLE)
    check("--diff", code=1)
    check("--diff", "--exit-zero", code=0)
    check("--diff", "--format", "json", code=2)


@pytest.mark.parametrize(
    "table", [b"[tool.rightlane]\nignore = []\n", b"# \xe9\n[tool.rightlane.check]\n", b"[tool.rightlane.check\n"]
)
def test_settings_that_cannot_be_read_are_told_even_if_nothing_is_found(check, tmp_path, table):
    (tmp_path / "pyproject.toml").write_bytes(table)
    (tmp_path / "fine.py").write_text(FINE)
    assert "pyproject.toml" in check("fine.py", code=2).stderr


def test_comments_name_rules_as_options_do_and_never_more_than_they_say(check, tmp_path):
    for comment, left in [("ignore[RL5]", 0), ("ignore[removed-api]", 0), ("ignore[]", 1), ("ignore [RL999]", 1)]:
        line = f"import threading\nt = threading.currentThread()  # rightlane: {comment}\n"
        (tmp_path / "a.py").write_text(line)
        assert len(concise(check)) == left, comment


def test_sarif_has_fixes_only_where_their_bytes_are_those_of_the_file(check, tmp_path):
    def fixes():
        (run,) = json.loads(check("--format", "sarif", code=1).stdout)["runs"]
        return [fix for result in run["results"] for fix in result.get("fixes", [])]

    (tmp_path / "a.py").write_text(NO_TUPLE)
    replacement = fixes()[0]["artifactChanges"][0]["replacements"][0]
    assert replacement["deletedRegion"]["byteOffset"] == NO_TUPLE.index('"Ada"') + len('"Ada"')
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbf" + NO_TUPLE.encode())
    assert fixes() == []
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\n# \xe9\n" + NO_TUPLE.encode())
    assert fixes() == []


def test_from_inside_a_package_its_modules_are_found(check, command, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "helper.py").write_text("import time\n\n\ndef fetch():\n    time.sleep(1)\n")
    (tmp_path / "app" / "a.py").write_text("from app.helper import fetch\n\n\nasync def main():\n    fetch()\n")
    done = subprocess.run([command, "check", "a.py"], cwd=tmp_path / "app", capture_output=True, text=True)
    assert "RL207" in done.stdout


@pytest.mark.parametrize(
    "lines",
    [
        ["def g():", "    rows = load()", *["    rows = sorted(rows)"] * 40, "    for r in rows: r.submit(f)"],
        ["def g(stack):", *["    stack.append(stack[-1])"] * 40, "    for r in stack: r.submit(f)"],
        [f"def f{i}(a):\n" + f"    if a: return f{i + 1}(a)\n" * 6 for i in range(40)],
        ["t = threading.Thread(target=print); t.start(); t.join()"] * 3000,
    ],
    ids=["sorted again and again", "appended to itself", "returns of returns", "one name bound often"],
)
def test_no_program_takes_for_ever(check, tmp_path, lines):
    (tmp_path / "a.py").write_text("import threading\n" + "\n".join(lines) + "\n")
    check("--exit-zero", code=0)


def test_virtual_environments_of_any_name_are_left_out(check, tmp_path):
    (tmp_path / "env" / "lib").mkdir(parents=True)
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    (tmp_path / "env" / "lib" / "a.py").write_text(NO_TUPLE)
    assert concise(check) == []
