"""The installed command, run as a person runs it."""

import contextlib
import fcntl
import json
import multiprocessing
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

import pythons
import rightlane
from proving import FAILED, GAIN, snapshot

PROGRAMS = Path(__file__).parent / "programs"
MARK = "RIGHTLANE_TEST_MARK"
# Far above what anything here takes: a test that hangs fails instead.
PATIENCE = 120


@dataclass
class Ended:
    """How a command ended."""

    code: int
    stdout: bytes
    stderr: bytes
    mark: str

    @property
    def words(self):
        return self.stderr.decode("utf-8", "replace")


@pytest.fixture(scope="session")
def command():
    """The path of the installed command."""
    path = Path(sys.executable).with_name("rightlane")
    if not path.exists():
        pytest.fail(f"{path} is missing: `make test` installs the package first")
    return str(path)


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """A plain environment with a cache of its own, shared so that each Python is measured once."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "RIGHTLANE", "VIRTUAL_ENV", "NO_COLOR", "PYENV_VERSION"))
    }
    return clean | {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture
def run(environment):
    """Runs a command to its end and checks that it left no process behind."""

    def run(*command, stdin=b"", cwd=None, env=None):
        started = Started(command, environment | (env or {}), cwd, stdin=subprocess.PIPE)
        return started.end(stdin)

    return run


@pytest.fixture
def start(environment):
    """Starts a command in a session of its own; `.end()` waits for it."""
    started = []

    def start(*command, cwd=None, env=None, **streams):
        started.append(Started(command, environment | (env or {}), cwd, **streams))
        return started[-1]

    yield start
    for process in started:
        process.kill()


class Started:
    """A command under way."""

    def __init__(self, command, env, cwd, **streams):
        self.mark = uuid.uuid4().hex
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        self.process = subprocess.Popen(
            [os.fspath(part) for part in command],
            env=env | {MARK: self.mark},
            cwd=cwd,
            start_new_session=True,
            **streams,
        )

    def end(self, stdin=None):
        try:
            stdout, stderr = self.process.communicate(stdin, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        ended = Ended(self.process.returncode, stdout or b"", stderr or b"", self.mark)
        assert not survivors(self.mark), "a process was left behind"
        return ended

    def kill(self):
        for pid in marked(self.mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def terminal(environment):
    """Starts a command in a terminal of its own, 80 columns wide."""
    opened = []

    def terminal(*command, cwd=None, env=None, columns=80):
        opened.append(Terminal(command, environment | {"TERM": "xterm"} | (env or {}), cwd, columns))
        return opened[-1]

    yield terminal
    for shown in opened:
        shown.close()


class Terminal:
    """A command in a terminal: what it shows, and what is typed."""

    def __init__(self, command, env, cwd, columns):
        self.mark = uuid.uuid4().hex
        self.text = b""
        self.pid, self.side = pty.fork()
        if self.pid == 0:
            os.chdir(cwd or ".")
            os.execve(command[0], [os.fspath(part) for part in command], env | {MARK: self.mark})
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def type(self, keys):
        os.write(self.side, keys)

    def read_until(self, wanted):
        while wanted not in self.text:
            assert self._read(), self.text

    def end(self):
        """(exit code, everything shown), when the command has ended and left nothing behind."""
        while self._read():
            pass
        _, status = os.waitpid(self.pid, 0)
        self.pid = None
        assert not survivors(self.mark), "a process was left behind"
        return os.waitstatus_to_exitcode(status), self.text

    def close(self):
        for pid in marked(self.mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.pid is not None:
            os.waitpid(self.pid, 0)
        os.close(self.side)

    def _read(self):
        ready, _, _ = select.select([self.side], [], [], PATIENCE)
        assert ready, f"nothing more came after {self.text!r}"
        try:
            part = os.read(self.side, 65536)
        except OSError:  # How Linux says that the other side is closed.
            part = b""
        self.text += part
        return part


def marked(mark):
    """Process ids with this mark in their environment: the command and all its descendants."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue  # It ended meanwhile, or belongs to somebody else.
    return found


def survivors(mark, grace=5.0):
    """Command lines of processes with this mark that do not end within `grace` seconds.

    The grace is for helpers of the program's own (multiprocessing's resource tracker) that end
    by themselves just after it.
    """
    deadline = time.monotonic() + grace
    while (alive := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return [_command_line(pid) for pid in alive]


def _command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return str(pid)


@dataclass
class Advised:
    """One program, run plainly and under `advise`."""

    plain: Ended
    observed: Ended
    report: dict


@pytest.fixture
def advise(command, run, tmp_path):
    """Runs a program plainly and under `advise --quiet`, and demands that a user of the program
    could not tell them apart: same stdout, same stderr, byte for byte. Our report goes to a file."""

    def advise(python, *program, options=(), stdin=b"", cwd=PROGRAMS, env=None):
        report = tmp_path / "report.json"
        ours = ["--quiet", "--format", "json", "--output", report, "--python", python, *options]
        plain = run(python, *program, stdin=stdin, cwd=cwd, env=env)
        observed = run(command, "advise", *ours, *program, stdin=stdin, cwd=cwd, env=env)
        assert "panicked" not in observed.words
        assert report.exists(), observed.words
        assert observed.stdout == plain.stdout
        own_words, _, _ = observed.stderr.partition(b"rightlane: ")
        assert own_words == plain.stderr
        return Advised(plain, observed, json.loads(report.read_text()))

    return advise


@pytest.fixture(scope="session")
def interpreter():
    """The newest of the Pythons that tests run on thoroughly."""
    path = next(filter(None, map(pythons.find, reversed(pythons.THOROUGH))), None)
    if path is None:
        pytest.skip("no CPython that tests run on is here")
    return path


@pytest.fixture
def folder(tmp_path):
    """The person's folder: nothing else is in it or comes into it."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def prove(command, run, interpreter, tmp_path, folder):
    """Runs `prove` and demands that the folder is as it was and the temporary folder is empty."""

    def prove(*arguments, code=GAIN, cwd=folder, env=None, stdin=b""):
        scratch = tmp_path / "tmp"
        scratch.mkdir(exist_ok=True)
        before = snapshot(folder)
        ours = [command, "prove", "--python", interpreter]
        ended = run(*ours, *arguments, cwd=cwd, stdin=stdin, env={"TMPDIR": str(scratch)} | (env or {}))
        assert "panicked" not in ended.words
        assert "Traceback" not in ended.words or code == FAILED, ended.words
        assert ended.code in (code if isinstance(code, tuple) else (code,)), (ended.words, ended.stdout.decode())
        assert b"rightlane-race-" not in ended.stdout, "the race's own folder, which is gone"
        assert snapshot(folder) == before
        assert os.listdir(scratch) == []
        return ended

    return prove


@pytest.fixture
def proved(prove):
    """The report of `prove --format json`."""

    def proved(*arguments, **how):
        return json.loads(prove("--format", "json", *arguments, **how).stdout)

    return proved


def pytest_generate_tests(metafunc):
    if "python" in metafunc.fixturenames:
        named = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
        if "python" not in named:
            metafunc.parametrize("python", pythons.THOROUGH, indirect=True)


@pytest.fixture
def python(request):
    """An interpreter of the version asked for."""
    path = pythons.find(request.param)
    if path is None:
        pytest.skip(f"no CPython {request.param} on PATH or under pyenv, nor obtained by tools/pythons")
    return path


# Pools, for the tests of those.


@pytest.fixture(params=["fork", "forkserver", "spawn"])
def processes(request):
    with rightlane.ProcessPool(2, multiprocessing.get_context(request.param)) as pool:
        yield pool


@pytest.fixture(params=["threads", "processes"])
def pool(request):
    made = rightlane.ThreadPool(2) if request.param == "threads" else rightlane.ProcessPool(2)
    with made:
        yield made
