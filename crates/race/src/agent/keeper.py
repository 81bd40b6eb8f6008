"""Starts the runs of a race, ends them, and clears up however the race ends.

Run as `python -I -S -c SOURCE TEMPORARY`: nothing has to be on disk before it. Orders come on stdin,
one JSON object a line, answers go to stdout. Only the race holds the other end of stdin, so its end
means that the race is over or was killed: then everything that belongs to it is killed and its folder
removed. Bytes (paths, arguments) travel as latin-1.

Why the runs are children of this small process and not of the race: an orphan of a run becomes our
child (subreaper), so that nothing gets away by daemonizing; and `ru_maxrss` starts from the size of
the process that forked.
"""

import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import stat
import sys
import time

PREFIX = "rightlane-race-"
TOKEN = b"RIGHTLANE_RACE="
# How long helpers that end by themselves (multiprocessing's resource tracker) have to do so.
GRACE = 0.5
# How long killed processes may take to be gone; the kernel may still be writing for one.
PATIENCE = 10.0

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
WRITE_FILE, TRUNCATE = 1 << 1, 1 << 14
# Removing and making whatever there is: REMOVE_DIR (4) to MAKE_SYM (12).
MAKE_AND_REMOVE = sum(1 << bit for bit in range(4, 13))
REFER = 1 << 13
# Abstract unix sockets and signals of processes outside.
SCOPES = 3


class Gone(Exception):
    """The race has ended or was killed."""


class Orders:
    """The lines on stdin."""

    def __init__(self):
        self.text = b""
        self.wake, wake = os.pipe()
        for end in (self.wake, wake):
            os.set_blocking(end, False)
        # Handlers, not SIG_IGN: what is ignored stays ignored in the programs that we start.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def wait(self, seconds):
        """The next order, or None when a signal came first or the time is over."""
        if b"\n" not in self.text:
            ready = [end for end, _ in self.poll(seconds)]
            if self.wake in ready:
                os.read(self.wake, 4096)
            if 0 not in ready:
                return None
            more = os.read(0, 1 << 16)
            if not more:
                raise Gone
            self.text += more
        if b"\n" not in self.text:
            return None
        line, _, self.text = self.text.partition(b"\n")
        return json.loads(line)

    def poll(self, seconds):
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(self.wake, select.POLLIN)
        return poll.poll(None if seconds is None else int(seconds * 1000))


def answer(**what):
    try:
        os.write(1, json.dumps(what).encode() + b"\n")
    except OSError:
        raise Gone from None


def raw(text):
    return text.encode("latin-1")


# Processes


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def parents():
    """The parent of each process that is no zombie."""
    found = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            fields = read(f"/proc/{name}/stat").rpartition(b")")[2].split()
            if len(fields) > 1 and fields[0] not in (b"Z", b"X"):
                found[int(name)] = int(fields[1])
    return found


def members(folder):
    """The processes that belong to the race in `folder`: our descendants, and whoever carries its name."""
    found, us = parents(), os.getpid()
    token = TOKEN + os.fsencode(folder)
    members = set()
    for pid in found:
        above, steps = pid, 0
        while above in found and above != us and steps < 1000:
            above, steps = found[above], steps + 1
        if pid != us and (above == us or token in read(f"/proc/{pid}/environ").split(b"\0")):
            members.add(pid)
    return members


def reap():
    """Collects the children that have ended; yields their process ids, statuses and usage."""
    while True:
        try:
            ended = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if ended[0] == 0:
            return
        yield ended


def kill_all(folder):
    """Kills whatever belongs to the race until nothing is left; yields the names of what was."""
    names, deadline = {}, time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        left = members(folder)
        if not left:
            break
        for pid in left:
            names.setdefault(pid, read(f"/proc/{pid}/comm").decode("utf-8", "replace").strip())
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.002)
        list(reap())
    return list(names.values())


# Folders


def remove(folder):
    """Removes a folder, whatever rights the program left its parts with."""
    for _ in range(3):
        for path, folders, files in os.walk(folder, topdown=False):
            for name in files:
                attempt(os.unlink, path, name)
            for name in folders:
                whole = f"{path}/{name}"
                attempt(os.unlink if os.path.islink(whole) else os.rmdir, path, name)
        attempt(os.rmdir, folder, "")
        if not os.path.lexists(folder):
            return
        for path, folders, _ in os.walk(folder):
            for name in folders:
                if not os.path.islink(f"{path}/{name}"):
                    attempt(lambda whole: os.chmod(whole, 0o700), path, name)


def attempt(act, folder, name):
    try:
        act(f"{folder}/{name}" if name else folder)
    except OSError:
        pass


def lock(path):
    """The lock that says that a folder's keeper lives, or None where another holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def is_stale(folder):
    """Whether a folder's keeper is gone. One without a lock may be just being made."""
    about = os.lstat(folder)
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
        return False
    if not os.path.exists(f"{folder}/lock"):
        return time.time() - about.st_mtime > 60
    file = lock(f"{folder}/lock")
    if file is None:
        return False
    os.close(file)
    return True


def sweep(temporary):
    """Clears up after races whose keeper was killed too. Two that sweep at once do no harm."""
    for name in os.listdir(temporary):
        folder = f"{temporary}/{name}"
        if not name.startswith(PREFIX):
            continue
        try:
            stale = is_stale(folder)
        except OSError:
            continue
        if stale:
            kill_all(folder)
            remove(folder)


# Landlock


class Attributes(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


class Landlock:
    """What the kernel offers for holding writes to some folders."""

    def __init__(self):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.version = self.libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1)

    def restrict(self, writable, scopes):
        """From now on, we and our children write below `writable` only."""
        handled = WRITE_FILE | MAKE_AND_REMOVE
        handled |= REFER if self.version >= 2 else 0
        handled |= TRUNCATE if self.version >= 3 else 0
        rules = Attributes(handled, 0, scopes if self.version >= 6 else 0)
        size = 24 if self.version >= 6 else 16 if self.version >= 4 else 8
        ruleset = self.call(CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
        for path in writable:
            try:
                end = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            rights = handled if os.path.isdir(path) else handled & (WRITE_FILE | TRUNCATE)
            rule = Beneath(rights, end)
            self.call(ADD_RULE, ruleset, 1, ctypes.byref(rule), 0)
            os.close(end)
        self.libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        self.call(RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)

    def call(self, *arguments):
        result = self.libc.syscall(*arguments)
        if result < 0:
            raise OSError(ctypes.get_errno(), "landlock")
        return result


# Runs


class Keeper:
    """One race's keeper."""

    def __init__(self, temporary):
        self.orders = Orders()
        self.landlock = Landlock()
        self.landlock.libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.folder = f"{temporary}/{PREFIX}{os.getpid()}-{os.urandom(6).hex()}"
        os.mkdir(self.folder, 0o700)
        # It gets its name when it is held: nobody is to find it free.
        self.lock = lock(f"{self.folder}/lock.new")
        os.rename(f"{self.folder}/lock.new", f"{self.folder}/lock")

    def serve(self):
        """Runs what is ordered, until the race is gone."""
        folder = os.fsencode(self.folder).decode("latin-1")
        answer(folder=folder, landlock=max(self.landlock.version, 0))
        while True:
            list(reap())
            order = self.orders.wait(None)
            if order and "run" in order:
                answer(**self.run(order["run"]))

    def run(self, order):
        """One run, from its start to when nothing is left of it."""
        pid, began, failure = self.start(order)
        if failure:
            return {"failure": failure}
        status, usage, ended = self.wait(pid)
        cpu = sum(one.ru_utime + one.ru_stime for one in usage)
        peak = max(one.ru_maxrss for one in usage)
        started = read(f"{self.folder}/run/started")
        left = self.clear(grace=not os.WIFSIGNALED(status))
        return {
            "status": status,
            "wall": ended - began,
            "cpu": round(cpu * 1e9),
            "peak": peak * 1024,
            "startup": int(started) - began if started.isdigit() else None,
            "left": left,
        }

    def start(self, order):
        """Forks and executes; waits until that is done. Yields when, and what went wrong."""
        told, tell = os.pipe2(os.O_CLOEXEC)
        pid = os.fork()
        if pid == 0:
            try:
                self.become(order, tell)
            except BaseException as error:
                os.write(tell, b"!" + repr(error).encode())
            finally:
                os._exit(127)
        os.close(tell)
        text = b""
        while more := os.read(told, 4096):
            text += more
        os.close(told)
        began, _, failure = text.partition(b"!")
        return pid, int(began or 0), failure.decode("utf-8", "replace")

    def become(self, order, tell):
        """In the child: turns into the program."""
        signal.set_wakeup_fd(-1)
        os.setsid()
        self.landlock.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # As a shell leaves them; Python ignores the first two.
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        # A core file would land in the person's folder.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        made = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        fed = f"{self.folder}/input"
        ends = [os.open(fed if os.path.exists(fed) else os.devnull, os.O_RDONLY)]
        ends += [os.open(raw(order[name]), made, 0o600) for name in ("stdout", "stderr")]
        os.chdir(raw(order["directory"]))
        if self.landlock.version > 0:
            self.landlock.restrict([raw(path) for path in order["writable"]], 0 if order["open"] else SCOPES)
        environment = self.environment(order["environment"])
        arguments = [raw(one) for one in order["arguments"]]
        for number, end in enumerate(ends):
            os.dup2(end, number)
        os.closerange(3, tell)
        os.write(tell, b"%d" % time.monotonic_ns())
        os.execve(arguments[0], arguments, environment)

    def environment(self, additions):
        """Ours with what is added; folders for modules come before those that are there."""
        environment = dict(os.environb)
        for name, value in additions:
            name, value = raw(name), raw(value)
            if name == b"PYTHONPATH" and environment.get(name):
                value += b":" + environment[name]
            environment[name] = value
        environment[b"RIGHTLANE_RACE"] = os.fsencode(self.folder)
        environment[b"RIGHTLANE_RACE_MAIN"] = b"%d" % os.getpid()
        return environment

    def wait(self, main):
        """Waits for the program; ends it when told so. Orphans of its own count to its usage."""
        usage = []
        while True:
            for pid, status, used in reap():
                usage.append(used)
                if pid == main:
                    return status, usage, time.monotonic_ns()
            order = self.orders.wait(None)
            if order and "end" in order:
                os.killpg(main, signal.SIGKILL)

    def clear(self, grace):
        """Ends what the program left running; yields its names."""
        deadline = time.monotonic() + (GRACE if grace else 0)
        pause = 0.0005
        while time.monotonic() < deadline:
            if not members(self.folder):
                return []
            time.sleep(pause)
            pause = min(pause * 2, 0.02)
            list(reap())
        left = kill_all(self.folder)
        return left if grace else []

    def close(self):
        """Leaves nothing of the race behind."""
        kill_all(self.folder)
        remove(self.folder)


def main():
    try:
        os.setsid()
    except OSError:
        pass
    temporary = os.path.realpath(sys.argv[1])
    keeper = Keeper(temporary)
    try:
        sweep(temporary)
        keeper.serve()
    except Gone:
        pass
    finally:
        keeper.close()


main()
