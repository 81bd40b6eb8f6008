"""`rightlane prove` runs programs several times: what it must never do to the person's things."""

import contextlib
import http.server
import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

from conftest import PATIENCE, survivors
from proving import GAIN, NO_GAIN, REFUSED, WAITS, snapshot, wait_until, write

INTERRUPTED, TERMINATED = 130, 143


def with_effect(line, imports="import sys"):
    """A program that gains by threads and does `line` at its end."""
    return WAITS.replace("import sys", imports).replace("print(sum(results))", f"{line}\n    print(sum(results))")


# Effects.


def test_a_program_that_appends_to_a_file(proved, folder):
    (folder / "log.txt").write_text("before\n")
    write(folder / "appends.py", with_effect("open('log.txt', 'a').write('more\\n')"))
    report = proved("appends.py")
    assert report["in_copy"]
    assert "writes log.txt" in report["effects"]


def test_a_program_that_deletes_its_input(proved, folder):
    (folder / "input.txt").write_text("".join(f"{number}\n" for number in range(12)))
    text = with_effect("os.remove('input.txt')", "import os").replace("range(12)", "map(int, open('input.txt'))")
    write(folder / "deletes.py", text)
    report = proved("deletes.py")
    assert "deletes input.txt" in report["effects"]


def test_a_program_that_makes_and_removes_folders(proved, folder):
    (folder / "old").mkdir()
    (folder / "old" / "kept").write_text("x")
    write(folder / "moves.py", with_effect("shutil.rmtree('old'); os.makedirs('new/er')", "import os\nimport shutil"))
    assert proved("moves.py")["in_copy"]


def test_a_program_that_writes_a_database(proved, folder):
    text = with_effect(
        "db = sqlite3.connect('orders.db'); db.execute('insert into orders values (1)'); db.commit(); db.close()",
        "import sqlite3",
    )
    import sqlite3

    with contextlib.closing(sqlite3.connect(folder / "orders.db")) as db:
        db.execute("create table orders (number)")
        db.commit()
    write(folder / "stores.py", text)
    report = proved("stores.py")
    assert report["in_copy"]
    assert any("database" in effect and "orders.db" in effect for effect in report["effects"])


class Counting:
    """A server of somebody else's, on this machine."""

    def __init__(self):
        counting = self
        self.requests = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                counting.requests += 1
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128

            def get_request(self):
                counting.connections += 1
                return super().get_request()

        self.connections = 0
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def server():
    counting = Counting()
    yield counting
    counting.server.shutdown()
    counting.server.server_close()


def posts(port):
    return WAITS.replace("import sys", "import urllib.request").replace(
        "time.sleep(0.03)",
        f"time.sleep(0.03)\n    urllib.request.urlopen('http://127.0.0.1:{port}/', b'order').close()",
    )


def test_a_program_that_posts_to_a_server_is_refused(prove, folder, server):
    write(folder / "posts.py", posts(server.port))
    words = prove("posts.py", code=REFUSED).words
    assert server.connections == 0
    assert f"127.0.0.1:{server.port}" in words
    assert "--allow-effects" in words


def test_with_effects_allowed_it_is_raced(proved, folder, server):
    write(folder / "posts.py", posts(server.port))
    # What a busy server makes of it is not ours to say.
    report = proved("--allow-effects", "posts.py", code=(GAIN, NO_GAIN))
    assert report["race"][0]["runs"] > 0
    assert server.requests > 24
    assert any(str(server.port) in effect for effect in report["effects"])


def test_a_server_that_a_child_command_talks_to(prove, folder, server):
    if not shutil.which("curl"):
        pytest.skip("no curl here")
    line = f"subprocess.run(['curl', '-s', '-d', 'x', 'http://127.0.0.1:{server.port}/'])"
    write(folder / "posts.py", with_effect(line, "import subprocess"))
    words = prove("posts.py", code=REFUSED).words
    assert server.connections == 0
    assert "curl" in words


def test_a_program_that_connects_to_another_machine_is_refused(prove, folder):
    # An address for documentation: nobody is there, and nobody is asked.
    write(folder / "connects.py", with_effect("socket.create_connection(('192.0.2.7', 25), 1)", "import socket"))
    words = prove("connects.py", code=REFUSED).words
    assert "192.0.2.7:25" in words
    assert "--allow-effects" in words


def test_a_program_that_sends_mail_is_refused(prove, folder):
    write(folder / "mails.py", with_effect("smtplib.SMTP('192.0.2.9')", "import smtplib"))
    assert "192.0.2.9:25" in prove("mails.py", code=REFUSED).words


@pytest.fixture
def outside():
    """A folder that is neither the person's project nor a temporary one."""
    folder = Path.home() / f".rightlane-test-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "line", ["open({path!r}, 'a').write('x')", "os.remove({path!r})", "os.rename({path!r}, {path!r} + '2')"]
)
def test_a_program_that_writes_elsewhere_is_refused(prove, folder, outside, line):
    path = outside / "precious"
    path.write_text("before")
    before = snapshot(outside)
    write(folder / "writes.py", with_effect(line.format(path=str(path)), "import os"))
    words = prove("writes.py", code=REFUSED).words
    assert snapshot(outside) == before
    assert str(path) in words
    assert "--allow-effects" in words


def test_a_handler_of_the_programs_cannot_go_on_after_a_refusal(prove, folder, outside):
    path = outside / "precious"
    path.write_text("before")
    line = f"\n    try:\n        os.remove({str(path)!r})\n    except BaseException:\n        os.remove({str(path)!r})"
    write(folder / "insists.py", with_effect(line, "import os"))
    assert str(path) in prove("insists.py", code=REFUSED).words
    assert path.exists()


def test_a_program_that_leaves_a_daemon_behind(prove, folder):
    line = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)"
    write(folder / "leaves.py", with_effect(line, "import subprocess\nimport sys"))
    # What is left is killed after each run, and said; `run` looks for survivors.
    assert "left" in prove("leaves.py", code=GAIN).stdout.decode()


# Killed in the middle.

# Says in a file outside of the tree how far it is, over all its runs.
TELLS = """
import os
import time

LOG = os.environ["RIGHTLANE_TEST_LOG"]


def tell(word):
    with open(LOG, "a") as log:
        log.write(word + "\\n")


def fetch(number):
    time.sleep(0.03)
    return number


def main():
    tell("begin")
    with open("results.txt", "a") as results:
        results.write("begin\\n")
    numbers = []
    for number in range(12):
        numbers.append(fetch(number))
        tell("task")
    os.remove("input.txt")
    tell("end")
    print(sum(numbers))


if __name__ == "__main__":
    main()
"""


@pytest.fixture
def killed(command, start, interpreter, tmp_path, folder):
    """Starts `prove` on a program that writes, waits until it is as far as wanted, and sends a signal."""
    (folder / "package").mkdir()
    write(folder / "package" / "__init__.py", "")
    (folder / "input.txt").write_text("precious\n")
    (folder / "results.txt").write_text("before\n")
    write(folder / "tells.py", "import package\n" + TELLS)
    write(folder / "imported.py", "import package\n" + TELLS + "else:\n    tell('begin')\n")
    scratch, log = tmp_path / "tmp", tmp_path / "log"
    scratch.mkdir()
    log.touch()
    before = snapshot(folder)

    def killed(point, *signals, target="tells.py"):
        env = {"TMPDIR": str(scratch), "RIGHTLANE_TEST_LOG": str(log)}
        started = start(command, "prove", "--python", interpreter, *target.split(), cwd=folder, env=env)
        for number in signals:
            wait_until(
                lambda: point(scratch, log.read_text().split()) or started.process.poll() is not None,
                lambda: log.read_text(),
                PATIENCE,
            )
            assert started.process.poll() is None, "it ended before the point was reached"
            os.kill(started.process.pid, number)
        stdout, stderr = started.process.communicate(timeout=PATIENCE)
        assert survivors(started.mark, grace=60) == []
        wait_until(lambda: os.listdir(scratch) == [], lambda: os.listdir(scratch))
        assert snapshot(folder) == before
        return started.process.returncode, stdout.decode(), stderr.decode()

    return killed


def runs(begun, then="begin", count=1):
    """The point at which run number `begun` has said `then` that often."""

    def reached(_, words):
        starts = [index for index, word in enumerate(words) if word == "begin"]
        return len(starts) >= begun and words[starts[begun - 1] :].count(then) >= count

    return reached


# The first run is in place, and is stopped when it is about to write; the second is the rehearsal in a
# copy, the third is observed, then comes the race.
POINTS = {
    "the keeper is there": lambda scratch, _: any(scratch.glob("rightlane-race-*")),
    "the first run has begun": runs(1),
    "the rehearsal has begun": runs(2),
    "the rehearsal is in its middle": runs(2, "task", 5),
    "the rehearsal has ended": runs(2, "end"),
    "the observed run has begun": runs(3),
    "the observed run is in its middle": runs(3, "task", 5),
    "the race has begun": runs(4),
    "a variant is in its middle": runs(5, "task", 3),
    "the race is in its middle": runs(8, "task", 5),
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_when(killed, point):
    code, _, _ = killed(POINTS[point], signal.SIGKILL)
    assert code == -signal.SIGKILL


def test_killed_with_its_keeper_it_is_cleared_up_by_the_next_race(
    command, start, run, interpreter, tmp_path, folder, killed
):
    scratch, log = tmp_path / "tmp", tmp_path / "log"
    env = {"TMPDIR": str(scratch), "RIGHTLANE_TEST_LOG": str(log)}
    before = snapshot(folder)
    started = start(command, "prove", "--python", interpreter, "tells.py", cwd=folder, env=env)
    wait_until(lambda: runs(5)(None, log.read_text().split()), log.read_text, PATIENCE)
    (race,) = scratch.glob("rightlane-race-*")
    keeper = int(race.name.split("-")[2])
    os.kill(started.process.pid, signal.SIGSTOP)
    os.kill(keeper, signal.SIGKILL)
    os.kill(started.process.pid, signal.SIGKILL)
    started.process.communicate(timeout=PATIENCE)
    assert survivors(started.mark, grace=60) == []
    write(tmp_path / "one.py", "print(1)\n")
    assert run(command, "prove", "--python", interpreter, tmp_path / "one.py", cwd=tmp_path, env=env).code == NO_GAIN
    assert os.listdir(scratch) == []
    assert snapshot(folder) == before


@pytest.mark.parametrize("begun", [1, 2, 4])
def test_killed_while_a_function_is_proved(killed, folder, tmp_path, begun):
    items = tmp_path / "calls.jsonl"
    items.write_text("".join(f"{number}\n" for number in range(12)))
    # Every run imports the module.
    code, _, _ = killed(runs(begun), signal.SIGKILL, target=f"imported.py:fetch --items {items}")
    assert code == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("point", ["the rehearsal is in its middle", "the observed run is in its middle"])
def test_a_signal_before_the_race_ends_it(killed, point, number):
    code, stdout, stderr = killed(POINTS[point], number)
    assert code in (INTERRUPTED, TERMINATED, NO_GAIN), stderr
    assert "Traceback" not in stderr
    assert "Proved" not in stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_race_gives_the_result_so_far(killed, number):
    code, stdout, stderr = killed(runs(9), number)
    assert code in (GAIN, INTERRUPTED), stderr
    assert "interrupted" in stdout


@pytest.mark.parametrize(
    "point", ["the rehearsal is in its middle", "the observed run is in its middle", "the race has begun"]
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_two_signals_end_everything(killed, point, number):
    code, _, stderr = killed(POINTS[point], number, number)
    assert code in (INTERRUPTED, TERMINATED, GAIN, NO_GAIN), stderr
    assert "Traceback" not in stderr
