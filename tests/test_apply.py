"""`rightlane apply`: the edit is shown, made, verified and taken back; nothing of the person's is lost."""

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from conftest import survivors
from proving import FAILED, REFUSED, USAGE, WAITS, snapshot, wait_until, write

DONE, NOTHING_TO_DO = 0, 1

POOL = ["--api", "ThreadPoolExecutor"]


@pytest.fixture
def apply(command, run, interpreter, tmp_path, folder):
    def apply(*arguments, code=DONE, cwd=folder, python=True):
        scratch = tmp_path / "tmp"
        scratch.mkdir(exist_ok=True)
        ours = [command, "apply", *(["--python", interpreter] if python else [])]
        ended = run(*ours, *arguments, cwd=cwd, env={"TMPDIR": str(scratch)})
        assert "panicked" not in ended.words
        assert ended.code == code, (ended.words, ended.stdout.decode())
        assert os.listdir(scratch) == []
        return ended

    return apply


@pytest.fixture
def undo(apply):
    def undo(*arguments, code=DONE, **how):
        return apply("--undo", *arguments, code=code, python=False, **how)

    return undo


def files(folder):
    """What the person has, without our receipts."""
    return {name: entry for name, entry in snapshot(folder).items() if name != "." and ".rightlane" not in name}


def texts(folder):
    return {name: content for name, (*_, content) in files(folder).items()}


# Showing.


def test_without_write_a_diff_is_shown_and_nothing_written(apply, folder):
    write(folder / "waits.py", WAITS)
    before = snapshot(folder)
    ended = apply("waits.py")
    assert snapshot(folder) == before
    # The program's own output comes first: it was run, observed.
    diff = ended.stdout.decode()
    assert "--- waits.py\n+++ waits.py\n" in diff
    assert "+from concurrent.futures import ThreadPoolExecutor\n" in diff
    assert "Use ThreadPoolExecutor" in ended.words
    assert "Safe" in ended.words
    assert "\x1b" not in diff


def test_with_an_api_and_a_line_the_program_is_not_run(apply, folder):
    write(folder / "waits.py", WAITS + "\nopen('ran', 'w').close()\n")
    ended = apply(*POOL, "--workers", "3", "waits.py:12")
    assert b"+    with ThreadPoolExecutor(max_workers=3) as" in ended.stdout
    assert not (folder / "ran").exists()


def test_with_an_api_alone_the_hottest_loop_is_meant(apply, folder):
    write(folder / "waits.py", WAITS)
    ended = apply("--api", "ThreadPool", "--workers", "5", "waits.py")
    assert b"ThreadPool(5)" in ended.stdout or b"ThreadPool(processes=5)" in ended.stdout


@pytest.mark.parametrize(
    ("options", "written"),
    [
        (["--api", "ProcessPoolExecutor", "--workers", "2"], "ProcessPoolExecutor(max_workers=2)"),
        (["--api", "ProcessPoolExecutor", "--workers", "2", "--chunksize", "3"], "chunksize=3"),
        (["--api", "Pool", "--workers", "2"], "Pool(2"),
        (["--api", "multiprocessing.Pool", "--workers", "2"], "Pool(2"),
        (["--api", "to_thread", "--workers", "4"], "asyncio.to_thread"),
        (["--api", "asyncio", "--limit", "4"], "asyncio.sleep"),
        (["--api", "Thread"], "Thread("),
        (["--api", "Process"], "Process("),
    ],
)
def test_every_api_can_be_asked_for(apply, folder, options, written):
    write(folder / "waits.py", WAITS)
    assert written in apply(*options, "waits.py:12").stdout.decode()


def test_a_report_for_programs(apply, folder):
    write(folder / "waits.py", WAITS)
    ended = apply("--format", "json", *POOL, "waits.py:12")
    report = json.loads(ended.stdout.splitlines()[-1])
    assert report["api"] == "ThreadPoolExecutor"
    assert report["grade"] == "safe"
    assert not report["written"]
    assert report["receipt"] is None
    assert report["diff"].startswith("--- waits.py")
    (edited,) = report["files"]
    assert edited["path"] == str(folder / "waits.py")


# Writing.


def test_written_and_taken_back(apply, undo, run, interpreter, folder):
    script = write(folder / "waits.py", WAITS)
    script.chmod(0o751)
    before = texts(folder)
    ended = apply("--write", "waits.py")
    assert "rightlane apply --undo waits.py" in ended.words
    assert "ThreadPoolExecutor" in script.read_text()
    assert stat.S_IMODE(script.stat().st_mode) == 0o751
    assert run(interpreter, "waits.py", cwd=folder).stdout == b"506\n"
    (folder / "__pycache__").exists()
    undo("waits.py")
    assert texts(folder) == before
    assert stat.S_IMODE(script.stat().st_mode) == 0o751
    assert "no edit" in undo("waits.py", code=USAGE).words


def test_the_receipt(apply, folder, interpreter):
    write(folder / "waits.py", WAITS)
    ended = apply("--write", "--format", "json", "waits.py", "an argument")
    report = json.loads(ended.stdout.splitlines()[-1])
    assert report["written"]
    with open(report["receipt"]) as file:
        receipt = json.load(file)
    assert os.path.dirname(report["receipt"]) == str(folder / ".rightlane")
    assert receipt["program"] == "waits.py"
    assert receipt["arguments"] == ["an argument"]
    assert receipt["verdict"]["api"] == receipt["api"] == "ThreadPoolExecutor"
    assert receipt["grade"] == "safe"
    assert receipt["cores"] > 0
    assert receipt["wall_seconds"] > 0.3
    (file,) = receipt["files"]
    assert file["before"] == WAITS.lstrip("\n")
    assert file["before_hash"] != file["after_hash"]


def test_a_second_time_there_is_nothing_to_do(apply, folder):
    write(folder / "waits.py", WAITS)
    apply("--write", "waits.py")
    before = files(folder)
    ended = apply("--write", "waits.py", code=NOTHING_TO_DO)
    assert files(folder) == before
    assert "+++" not in ended.stdout.decode()


def test_a_pool_that_is_right_already_is_no_edit(apply, undo, folder):
    script = write(folder / "waits.py", WAITS.replace("range(12)", "range(40)"))
    apply("--write", *POOL, "--workers", "40", "waits.py:12")
    after = script.read_text()
    report = json.loads(apply("--write", "--format", "json", "waits.py", code=NOTHING_TO_DO).stdout.splitlines()[-1])
    assert report["diff"] == ""
    assert not report["written"]
    assert script.read_text() == after
    assert len(list((folder / ".rightlane").iterdir())) == 1


def test_two_edits_are_taken_back_one_by_one(apply, undo, folder):
    text = WAITS.replace("    print(", "    for number in range(5):\n        results.append(fetch(number))\n    print(")
    script = write(folder / "waits.py", text)
    states = [script.read_text()]
    apply("--write", *POOL, "waits.py:14")
    states.append(script.read_text())
    line = states[-1].splitlines().index("    for number in range(12):") + 1
    apply("--write", *POOL, f"waits.py:{line}")
    assert script.read_text() not in states
    undo("waits.py")
    assert script.read_text() == states[1]
    undo("waits.py")
    assert script.read_text() == states[0]


def test_after_a_later_change_nothing_is_taken_back(apply, undo, folder):
    script = write(folder / "waits.py", WAITS)
    apply("--write", *POOL, "waits.py:12")
    later = script.read_text() + "# mine\n"
    script.write_text(later)
    words = undo("waits.py", code=USAGE).words
    assert script.read_text() == later
    assert "changed after the edit" in words
    (receipt,) = (folder / ".rightlane").iterdir()
    assert receipt.name in words
    assert json.loads(receipt.read_text())["files"][0]["before"] == WAITS.lstrip("\n")


def test_a_receipt_that_is_damaged(apply, undo, folder):
    script = write(folder / "waits.py", WAITS)
    apply("--write", *POOL, "waits.py:12")
    after = script.read_text()
    (receipt,) = (folder / ".rightlane").iterdir()
    receipt.write_text("{")
    assert "no receipt" in undo("waits.py", code=USAGE).words
    assert script.read_text() == after


def test_taking_back_what_never_was(undo, folder):
    write(folder / "waits.py", WAITS)
    assert "no edit" in undo("waits.py", code=USAGE).words
    undo("missing.py", code=USAGE)


def test_a_file_that_changes_while_the_program_runs(command, start, interpreter, folder, tmp_path):
    """The program itself says when it runs, and waits for the change."""
    text = WAITS.replace("import sys", "import os\nimport sys").replace(
        "    results = []",
        "    open(os.environ['READY'], 'w').write('x')\n    open(os.environ['GO']).read()\n    results = []",
    )
    script = write(folder / "waits.py", text)
    ready, go = tmp_path / "ready", tmp_path / "go"
    os.mkfifo(ready)
    os.mkfifo(go)
    env = {"READY": str(ready), "GO": str(go)}
    started = start(command, "apply", "--write", "--python", interpreter, "waits.py", cwd=folder, env=env)
    assert ready.read_text() == "x"
    changed = script.read_text() + "# mine\n"
    script.write_text(changed)
    go.write_text("x")
    ended = started.end()
    assert ended.code == USAGE
    assert "changed" in ended.words
    assert script.read_text() == changed
    assert not (folder / ".rightlane").exists()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_marks_and_line_ends_are_kept(apply, undo, run, interpreter, folder, mark, end):
    script = folder / "waits.py"
    before = mark + WAITS.lstrip("\n").encode().replace(b"\n", end)
    script.write_bytes(before)
    apply("--write", *POOL, "waits.py:12")
    after = script.read_bytes()
    assert after.startswith(mark)
    assert not after[len(mark) :].startswith(b"\xef\xbb\xbf")
    assert after.count(b"\n") == after.count(end) > before.count(end)
    assert b"\r\r" not in after
    assert run(interpreter, "-B", "waits.py", cwd=folder).stdout == b"506\n"
    undo("waits.py")
    assert script.read_bytes() == before


def test_a_diff_of_windows_line_ends_changes_only_what_it_changes(apply, folder):
    (folder / "waits.py").write_bytes(WAITS.lstrip("\n").encode().replace(b"\n", b"\r\n"))
    diff = apply(*POOL, "waits.py:12").stdout.decode()
    assert diff.count("\n-") < 6, diff


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written(apply, folder):
    script = write(folder / "waits.py", WAITS)
    script.chmod(0o444)
    before = files(folder)
    words = apply("--write", *POOL, "waits.py:12", code=USAGE).words
    assert "waits.py" in words
    assert files(folder) == before


def test_a_script_that_is_a_link(apply, undo, folder, tmp_path):
    real = write(tmp_path / "real.py", WAITS)
    (folder / "waits.py").symlink_to(real)
    apply("--write", *POOL, "waits.py:12")
    assert (folder / "waits.py").is_symlink()
    assert "ThreadPoolExecutor" in real.read_text()
    undo("waits.py")
    assert (folder / "waits.py").is_symlink()
    assert real.read_text() == WAITS.lstrip("\n")


def test_a_module(apply, undo, folder):
    package = folder / "tools"
    package.mkdir()
    write(package / "__init__.py", "")
    script = write(package / "fetching.py", WAITS)
    apply("--write", "-m", "tools.fetching")
    assert "ThreadPoolExecutor" in script.read_text()
    undo("-m", "tools.fetching")
    assert script.read_text() == WAITS.lstrip("\n")


def test_from_another_directory(apply, undo, folder, tmp_path):
    script = write(folder / "waits.py", WAITS)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    apply("--write", *POOL, f"{script}:12", cwd=elsewhere)
    assert "ThreadPoolExecutor" in script.read_text()
    assert os.listdir(elsewhere) == []
    undo(script, cwd=elsewhere)
    assert script.read_text() == WAITS.lstrip("\n")


# Two files: worker processes need a loop in one and a guard around the start of the other.
LIBRARY = """
def crunch(number):
    total = 0
    for step in range(300_000):
        total += step * number % 7
    return total


def crunch_all(numbers):
    results = []
    for number in numbers:
        results.append(crunch(number))
    return results
"""
USES = """
from library import crunch_all

print(sum(crunch_all(range(8))))
"""
PROCESSES = ["--api", "ProcessPoolExecutor", "--workers", "2"]


def two_files(folder):
    write(folder / "library.py", LIBRARY)
    write(folder / "uses.py", USES)


def test_an_edit_of_two_files(apply, undo, run, interpreter, folder):
    two_files(folder)
    before = texts(folder)
    plain = run(interpreter, "-B", "uses.py", cwd=folder).stdout
    apply("--write", *PROCESSES, "uses.py")
    changed = {name for name, text in texts(folder).items() if text != before[name]}
    assert changed == {"library.py", "uses.py"}
    assert run(interpreter, "-B", "uses.py", cwd=folder).stdout == plain
    undo("uses.py")
    assert texts(folder) == before


@pytest.fixture
def sealed(folder):
    """Makes a file one that nobody may replace, root included; skips where that is not to be had."""
    made = []

    def seal(path):
        done = subprocess.run(["chattr", "+i", path], capture_output=True) if shutil.which("chattr") else None
        if done is None or done.returncode:
            pytest.skip("files cannot be made immutable here")
        made.append(path)

    yield seal
    for path in made:
        subprocess.run(["chattr", "-i", path], check=True)


def test_of_two_files_all_are_written_or_none(apply, folder, sealed):
    two_files(folder)
    before = texts(folder)
    sealed(folder / "uses.py")
    words = apply("--write", *PROCESSES, "uses.py", code=USAGE).words
    assert "uses.py" in words
    assert texts(folder) == before
    assert not list((folder / ".rightlane").glob("*"))


def test_of_two_files_one_that_changed_keeps_both(apply, undo, folder):
    two_files(folder)
    apply("--write", *PROCESSES, "uses.py")
    library = folder / "library.py"
    library.write_text(library.read_text() + "# mine\n")
    before = files(folder)
    assert "library.py" in undo("uses.py", code=USAGE).words
    assert files(folder) == before


# Grades.

# A run that stops early has begun what it would not have begun one after the other.
STOPS = WAITS.replace(
    "        results.append(fetch(number))",
    "        results.append(fetch(number))\n        if number == 9:\n            break",
)


def test_an_edit_that_may_be_seen_needs_to_be_allowed(apply, run, interpreter, folder):
    script = write(folder / "stops.py", STOPS)
    before = files(folder)
    shown = apply(*POOL, "stops.py:12")
    assert "Changes behaviour" in shown.words
    words = apply("--write", *POOL, "stops.py:12", code=REFUSED).words
    assert "--allow-changes" in words
    assert files(folder) == before
    apply("--write", "--allow-changes", *POOL, "stops.py:12")
    assert "ThreadPoolExecutor" in script.read_text()
    assert run(interpreter, "-B", "stops.py", cwd=folder).stdout == b"285\n"


def test_what_depends_on_the_last_iteration_is_never_written(apply, folder):
    text = "total = 1\nfor number in range(12):\n    total = total * 3 + number\nprint(total)\n"
    write(folder / "chain.py", text)
    before = files(folder)
    apply("--write", "--allow-changes", *POOL, "chain.py:2", code=REFUSED)
    assert files(folder) == before


# Verifying.


def test_verified_by_running_it(apply, folder):
    script = write(folder / "waits.py", WAITS)
    apply("--write", "--verify", "waits.py")
    assert "ThreadPoolExecutor" in script.read_text()


def test_verified_without_writing(apply, folder):
    write(folder / "waits.py", WAITS)
    before = snapshot(folder)
    apply("--verify", *POOL, "waits.py:12")
    assert snapshot(folder) == before


def test_another_output_is_not_written(apply, folder):
    """The threads' names are part of what is printed: nothing in the source forbids it."""
    text = WAITS.replace("import sys", "import threading").replace(
        "return number * number", "return threading.current_thread().name"
    )
    write(folder / "names.py", text.replace("sum(results)", "results"))
    before = files(folder)
    words = apply("--write", "--allow-changes", "--verify", *POOL, "names.py:12", code=REFUSED).words
    assert "something else" in words
    assert files(folder) == before
    assert not (folder / ".rightlane").exists()


def test_verifying_a_program_with_effects_is_refused(apply, folder):
    line = "import socket; socket.create_connection(('192.0.2.7', 25), 1)"
    write(folder / "waits.py", WAITS.replace("    print(", f"    {line}\n    print("))
    before = files(folder)
    words = apply("--write", "--verify", *POOL, "waits.py:12", code=REFUSED).words
    assert "192.0.2.7" in words
    assert files(folder) == before


def test_verified_by_a_command(apply, folder, interpreter):
    script = write(folder / "waits.py", WAITS)
    check = f'test "$({interpreter} -B waits.py)" = 506 && echo tested'
    ended = apply("--write", "--verify-with", check, "--format", "json", *POOL, "waits.py:12")
    assert "ThreadPoolExecutor" in script.read_text()
    # Its words are not the report's.
    assert "tested" in ended.words
    assert json.loads(ended.stdout)["written"]


def test_a_command_that_fails_before_the_edit(apply, folder):
    write(folder / "waits.py", WAITS)
    before = files(folder)
    words = apply("--write", "--verify-with", "exit 3", *POOL, "waits.py:12", code=REFUSED).words
    assert "before the edit" in words
    assert files(folder) == before
    assert not (folder / ".rightlane").exists()


def test_a_command_that_fails_after_the_edit(apply, folder):
    write(folder / "waits.py", WAITS)
    before = texts(folder)
    check = "! grep -q ThreadPoolExecutor waits.py"
    words = apply("--write", "--verify-with", check, *POOL, "waits.py:12", code=REFUSED).words
    assert "after the edit" in words
    assert "taken back" in words
    assert texts(folder) == before
    assert not list((folder / ".rightlane").glob("*"))


def test_a_command_that_changes_the_file_is_not_written_over(apply, folder):
    script = write(folder / "waits.py", WAITS)
    words = apply("--write", "--verify-with", "echo '# formatted' >> waits.py", *POOL, "waits.py:12", code=USAGE).words
    assert "changed" in words
    assert script.read_text() == WAITS.lstrip("\n") + "# formatted\n"


@pytest.mark.parametrize("number", [2, 15])
def test_a_signal_while_it_is_verified(command, start, interpreter, folder, tmp_path, number):
    text = WAITS.replace("import sys", "import os\nimport sys").replace(
        "    results = []",
        "    with open(os.environ['LOG'], 'a') as log:\n        log.write('begin ')\n    results = []",
    )
    write(folder / "waits.py", text.replace("0.03", "0.3"))
    log, scratch = tmp_path / "log", tmp_path / "tmp"
    log.touch()
    scratch.mkdir()
    before = files(folder)
    env = {"LOG": str(log), "TMPDIR": str(scratch)}
    started = start(
        command, "apply", "--write", "--verify", *POOL, "--python", interpreter, "waits.py:15", cwd=folder, env=env
    )
    wait_until(lambda: log.read_text() != "", log.read_text)
    os.kill(started.process.pid, number)
    _, stderr = started.process.communicate(timeout=60)
    assert started.process.returncode in (130, 143), stderr
    assert survivors(started.mark, grace=60) == []
    wait_until(lambda: os.listdir(scratch) == [], lambda: os.listdir(scratch))
    assert files(folder) == before


# What a race has shown.


def test_a_race_is_used_until_the_program_changes(apply, command, run, interpreter, folder):
    script = write(folder / "waits.py", WAITS)
    proved = run(command, "prove", "--format", "json", "--python", interpreter, "waits.py", cwd=folder)
    report = json.loads(proved.stdout)
    best = report["race"][report["best"]]
    ended = apply("--format", "json", "waits.py")
    # Not run again: nothing of the program's comes before the object.
    shown = json.loads(ended.stdout)
    assert (shown["api"], shown["settings"]) == (best["api"], best["settings"])
    assert shown["race"]["best"] == report["best"]
    assert "Proved" in apply("waits.py").words
    advised = run(command, "advise", "-q", "--format", "json", "--python", interpreter, "waits.py", cwd=folder)
    verdict = json.loads(advised.stdout.splitlines()[-1])["verdict"]
    assert verdict["api"] == best["api"]
    assert any("race" in json.dumps(step) for step in verdict["steps"]), verdict["steps"]
    script.write_text(script.read_text() + "# another program\n")
    again = json.loads(apply("--format", "json", "waits.py").stdout.splitlines()[-1])
    assert again["race"] is None
    assert again["verdict"]


def test_a_race_with_other_arguments_is_another_program(apply, command, run, interpreter, folder):
    write(folder / "waits.py", WAITS)
    run(command, "prove", "-q", "--python", interpreter, "waits.py", "some", cwd=folder)
    assert json.loads(apply("--format", "json", "waits.py", "other").stdout.splitlines()[-1])["race"] is None
    assert json.loads(apply("--format", "json", "waits.py", "some").stdout.splitlines()[-1])["race"]


def test_a_race_that_is_damaged_is_no_race(apply, command, run, interpreter, environment, folder):
    write(folder / "waits.py", WAITS + "# damaged\n")
    run(command, "prove", "-q", "--python", interpreter, "waits.py", cwd=folder)
    for race in (Path(environment["XDG_CACHE_HOME"]) / "rightlane" / "races").glob("*.json"):
        race.write_text("{")
    assert json.loads(apply("--format", "json", "waits.py").stdout.splitlines()[-1])["race"] is None


# Bad input.


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["missing.py"], USAGE, "missing.py"),
        (["waits.py:99"], USAGE, "line 99"),
        (["waits.py:1"], USAGE, "line 1"),
        ([*POOL, "waits.py:2"], USAGE, "line 2"),
        (["--api", "Fibers", "waits.py"], USAGE, "Fibers"),
        (["--workers", "3", "waits.py"], USAGE, "--api"),
        (["--workers", "0", *POOL, "waits.py"], USAGE, "0"),
        (["--verify-with", "true", "waits.py"], USAGE, "--write"),
        (["--undo", "--write", "waits.py"], USAGE, "--undo"),
        (["broken.py"], USAGE, "broken.py"),
        (["fails.py"], FAILED, ""),
    ],
)
def test_bad_input(apply, folder, arguments, code, said):
    write(folder / "waits.py", WAITS)
    write(folder / "broken.py", "def (:\n")
    write(folder / "fails.py", "raise SystemExit(3)\n")
    before = snapshot(folder)
    assert said in apply(*arguments, code=code).words
    assert snapshot(folder) == before


def test_receipts_of_scripts_with_similar_names_are_kept_apart(apply, undo, folder):
    first = write(folder / "waits.py", WAITS)
    second = write(folder / "waits.py.1.py", WAITS)
    apply("--write", *POOL, "waits.py.1.py:12")
    assert "no edit" in undo("waits.py", code=USAGE).words
    assert "ThreadPoolExecutor" in second.read_text()
    assert re.search("ThreadPoolExecutor", first.read_text()) is None
