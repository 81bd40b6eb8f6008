"""Programs that make observing hard. Each gives advice or one clear message; the program's own
output and exit status come through untouched; nothing is left behind (the fixtures see to it)."""

import signal

import pytest

from conftest import PROGRAMS, survivors

CHILD_FAILED = 3
CTRL_C = b"\x03"


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("raises.py", 1),
        ("exits_with_3.py", 3),
        ("needs_arguments.py", 2),
    ],
)
def test_a_program_that_fails_is_reported_with_its_code(advise, python, program, code):
    advised = advise(python, program)
    assert advised.plain.code == code
    assert advised.observed.code == CHILD_FAILED
    assert advised.report["outcome"] == {"exited": code}


def test_a_program_that_is_killed(advise, python):
    advised = advise(python, "killed.py")
    assert advised.plain.code == -signal.SIGKILL
    assert advised.observed.code == CHILD_FAILED
    assert advised.report["outcome"] == {"signalled": signal.SIGKILL}


@pytest.mark.parametrize(
    "program",
    [
        "changes_directory.py",
        "closes_everything.py",
        "deep_recursion.py",
        "ends_at_once.py",
        "forks.py",
        "guarded.py",
        "introspects.py",
        "latin1.py",
        "leaves_by_os_exit.py",
        "no_loop.py",
        "no_newline.py",
        "prints_a_lot.py",
        "prints_nothing.py",
        "replaces_itself.py",
        "ten_million.py",
        "uses_asyncio.py",
        "uses_processes.py",
        "uses_threads.py",
    ],
)
def test_a_program_that_ends_well_gets_advice(advise, python, program):
    advised = advise(python, program)
    assert (advised.plain.code, advised.observed.code) == (0, 0)
    assert advised.report["outcome"] == {"exited": 0}
    assert advised.report["verdict"]["api"]
    assert advised.report["output_unchanged"] is True


def test_standard_input_belongs_to_the_program(advise, python):
    advised = advise(python, "reads_stdin.py", stdin=b"Ada\none\ntwo\n")
    assert advised.observed.stdout == b"Ada 2 8\n"
    assert advised.observed.code == 0


def test_standard_input_that_is_closed(command, run, python, tmp_path):
    report = tmp_path / "report.json"
    script = f"exec {command} advise -q --format json -o {report} --python {python} no_loop.py <&-"
    assert run("sh", "-c", script, cwd=PROGRAMS).code == 0


def test_options_after_the_script_belong_to_the_program(advise, python):
    arguments = ["--format", "text", "--output", "x", "--", "1", "2"]
    advised = advise(python, "needs_arguments.py", *arguments)
    assert advised.observed.stdout == b"text x [2, 4]\n"
    assert advised.report["arguments"] == arguments


def test_arguments_pass_as_they_are(advise, python):
    arguments = ["", " two words ", "-h", "--", "--quiet", "ä", "*", "-m"]
    advise(python, "shows_arguments.py", *arguments)


def test_arguments_that_are_no_text(advise, python):
    advise(python, "shows_arguments.py", b"\xff\xfe")


@pytest.mark.parametrize("options", [[], ["--no-sampling"]])
def test_what_a_program_sees_of_its_start_is_unchanged(advise, python, options):
    advise(python, "introspects.py", "an argument", options=options)


def test_a_module_of_a_package(advise, python):
    advised = advise(python, "-m", "parts", "--format", "x", cwd=PROGRAMS / "local")
    assert advised.observed.code == 0
    assert b"__main__ ['--format', 'x'] parts" in advised.observed.stdout
    assert advised.report["program"] == "-m parts"


def test_a_module_of_a_package_sees_its_start_unchanged(advise, python):
    advise(python, "-m", "introspects", "x")


def test_loops_in_the_projects_own_modules_are_seen(advise, python):
    advised = advise(python, "modules.py", cwd=PROGRAMS / "local")
    assert advised.observed.code == 0
    files = {site["file"] for site in advised.report["sites"]}
    assert files & {"modules.py", "parts/shapes.py"}, files


def test_a_script_in_another_folder(advise, python, tmp_path):
    advised = advise(python, PROGRAMS / "local" / "modules.py", cwd=tmp_path)
    assert advised.observed.code == 0


def test_a_script_with_an_odd_name(advise, python, tmp_path):
    script = tmp_path / "odd näme (1); $x.py"
    script.write_bytes((PROGRAMS / "guarded.py").read_bytes())
    assert advise(python, script, cwd=tmp_path).observed.code == 0


def test_concurrency_that_is_there_already_is_named(advise, python):
    names = [entry["api"] for entry in advise(python, "uses_threads.py").report["existing"]]
    assert any(name.endswith("ThreadPoolExecutor") for name in names), names


def test_a_loop_of_ten_million_rounds_stays_sequential(advise, python):
    verdict = advise(python, "ten_million.py").report["verdict"]
    assert verdict["api"] == "sequential"


def test_a_program_that_never_ends_is_ended_after_a_while(command, run, python, tmp_path):
    report = tmp_path / "report.json"
    options = ["-q", "--for", "1s", "--format", "json", "-o", report, "--python", python]
    ended = run(command, "advise", *options, "never_ends.py", cwd=PROGRAMS)
    assert ended.code == 0, ended.words
    assert ended.stdout == b"ready\n"
    assert b"site-packages" not in ended.stderr, "the program's own traceback, and nothing of ours"
    assert b'"cut_short":true' in report.read_bytes()


def test_a_program_is_ended_gently(command, run, python):
    options = ["-q", "--for", "1s", "--format", "json", "--python", python]
    ended = run(command, "advise", *options, "ends_gently.py", cwd=PROGRAMS)
    assert ended.code == 0, ended.words
    assert b"stopped by" in ended.stdout
    assert b"tidied up" in ended.stdout


def test_a_program_that_ignores_signals_is_ended_all_the_same(command, run, python):
    options = ["-q", "--for", "1s", "--format", "json", "--python", python]
    ended = run(command, "advise", *options, "ignores_signals.py", cwd=PROGRAMS)
    assert ended.code == 0, ended.words


def test_ctrl_c_ends_the_program_and_advises(command, terminal, python, tmp_path):
    report = tmp_path / "report.json"
    options = ["--format", "json", "-o", report, "--python", python]
    shown = terminal(command, "advise", *options, "ends_gently.py", cwd=PROGRAMS)
    shown.read_until(b"ready")
    shown.type(CTRL_C)
    code, text = shown.end()
    assert code == 0, text
    assert b"stopped by SIGINT" in text
    assert b"tidied up" in text
    assert b"Traceback" not in text
    assert b'"cut_short":true' in report.read_bytes()


def test_a_second_ctrl_c_ends_everything(command, terminal, python):
    options = ["--format", "json", "--python", python]
    shown = terminal(command, "advise", *options, "ignores_signals.py", cwd=PROGRAMS)
    shown.read_until(b"ready")
    shown.type(CTRL_C)
    # Signals that are pending together arrive as one: the second has to wait for the first.
    shown.read_until(b"ending the program")
    shown.type(CTRL_C)
    code, text = shown.end()
    assert code == 130, text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_from_another_program_is_as_good_as_ctrl_c(command, start, python, number):
    options = ["-q", "--format", "json", "--python", python]
    started = start(command, "advise", *options, "ends_gently.py", cwd=PROGRAMS)
    assert started.process.stdout.readline() == b"ready\n"
    started.process.send_signal(number)
    ended = started.end()
    assert ended.code == 0, ended.words
    assert b"tidied up" in ended.stdout
    assert b'"cut_short":true' in ended.stdout


def test_our_sudden_death_is_the_programs_end(command, start, python):
    options = ["-q", "--format", "json", "--python", python]
    started = start(command, "advise", *options, "ignores_signals.py", cwd=PROGRAMS)
    assert started.process.stdout.readline() == b"ready\n"
    started.process.kill()
    started.process.wait()
    assert not survivors(started.mark)


def test_a_reader_that_goes_away(command, run, python):
    ours = f"{command} advise -q --format json --python {python} prints_a_lot.py"
    ended = run("sh", "-c", f"({ours}; echo $? >&2) | head -n 1", cwd=PROGRAMS)
    assert ended.stdout == b"line 0 of a long report\n"
    assert b"panicked" not in ended.stderr
    # The program's own end, as in a plain run.
    assert b"BrokenPipeError" in ended.stderr
    assert ended.stderr.endswith(b"\n3\n")
