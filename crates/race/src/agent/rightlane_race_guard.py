"""Sees what the program is about to do to the world, and ends it before what must not happen.

An audit hook: it is called before the effect, in this process and in every Python below it. What a
race permits is written to a report; what it does not is written there too, and then the whole
process group is killed at once, so that no handler of the program's can go on.
"""

import os
import sys

import rightlane_race_commands as commands

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# What may be written to without being an effect.
DEVICES = tuple(
    """
    /dev/null /dev/zero /dev/full /dev/tty /dev/ptmx /dev/pts/ /dev/shm/ /dev/fd/ /dev/random /dev/urandom
    /dev/stdout /dev/stderr /proc/self/ /proc/thread-self/
    """.split()
)
# Modules whose connections are made in C, where no audit event is raised: to import them is taken
# for using them.
UNSEEN = frozenset(
    "psycopg2 psycopg_c psycopg_binary MySQLdb pycurl grpc pyodbc cx_Oracle confluent_kafka pylibmc pymssql".split()
)
# The report says each thing once, and not more than this many.
MOST = 10_000
STOPPED = 97
# SIGKILL; the module `signal` takes milliseconds to import.
KILL = 9


class Guard:
    """The guard of one interpreter."""

    def __init__(self, home, plan, path):
        self.home = os.path.realpath(home)
        self.root = path(plan["root"])
        self.copy = path(plan["copy"])
        self.temporary = [path(one) for one in plan["temporary"]]
        self.allow = plan["allow"]
        self.landlock = plan["landlock"]
        self.listening = {"tcp": set(plan["tcp"]), "udp": set(plan["udp"])}
        self.sockets = {path(one) for one in plan["unix"]}
        self.main = int(os.environ.get("RIGHTLANE_RACE_MAIN", "0"))
        self.seen_already = set()
        self.ending = False
        # Taken now: the program may replace them.
        self.killpg, self.exit = os.killpg, os._exit

    def install(self):
        get = self.handlers().get

        def hook(event, arguments):
            handler = get(event)
            if handler is None:
                return
            try:
                # By far the most frequent event that matters.
                if event != "open" or arguments[2] & WRITES:
                    handler(*arguments)
            except (TypeError, ValueError, OSError, AttributeError, LookupError):
                # What the call itself will complain about.
                pass

        sys.addaudithook(hook)

    def handlers(self):
        """What is called for which audit event."""
        return {
            "rightlane.race": lambda present: present.append(True),
            "open": self.opened,
            "os.remove": self.deleted,
            "os.rmdir": self.deleted,
            "os.mkdir": self.made_folder,
            "os.rename": self.renamed,
            "os.link": self.linked,
            "os.symlink": lambda source, path, fd=-1: self.write(path, fd, follow=False),
            "os.truncate": lambda path, length: self.write(path),
            "os.chmod": lambda path, mode, fd=-1: self.write(path, fd),
            "os.chown": lambda path, user, group, fd=-1: self.write(path, fd),
            "os.utime": lambda path, times, ns, fd=-1: self.write(path, fd),
            "os.setxattr": lambda path, *_: self.write(path),
            "os.removexattr": lambda path, *_: self.write(path),
            "socket.connect": self.sent,
            "socket.sendto": self.sent,
            "socket.sendmsg": self.sent,
            "socket.bind": self.bound,
            "sqlite3.connect": self.database,
            "subprocess.Popen": lambda program, words, folder, env: self.command(words, env, program),
            "os.exec": lambda path, words, env=None: self.command(words, env, path),
            "os.posix_spawn": lambda path, words, env: self.command(words, env, path),
            "os.spawn": lambda mode, path, words, env: self.command(words, env, path),
            "os.system": lambda line: self.command(["sh", "-c", line], None),
            "pty.spawn": lambda words: self.command(words, None),
            "os.kill": self.signalled,
            "os.killpg": lambda group, number: self.signalled(-group, number),
            "import": self.imported,
        }

    # The report

    def say(self, verb, kind, detail):
        detail = detail.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")[:4000]
        line = f"{verb}\t{kind}\t{detail}\n".encode("utf-8", "surrogateescape")
        end = os.open(f"{self.home}/run/report", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.write(end, line)
        os.close(end)

    def seen(self, kind, detail):
        """Notes what is permitted."""
        if (kind, detail) not in self.seen_already and len(self.seen_already) < MOST:
            self.seen_already.add((kind, detail))
            self.say("seen", kind, detail)

    def stop(self, kind, detail):
        """Ends the program, all of it, now."""
        self.ending = True
        try:
            self.say("stop", kind, detail)
            self.killpg(self.main, KILL)
        finally:
            self.exit(STOPPED)

    def refuse(self, kind, detail):
        """Ends the program, unless told that its effects are wanted."""
        if self.allow:
            self.seen(kind, detail)
        else:
            self.stop(kind, detail)

    # Files

    def opened(self, path, mode, flags):
        if not isinstance(path, int):
            self.write(path)

    def deleted(self, path, fd=-1):
        self.write(path, fd, "delete", follow=False)

    def made_folder(self, path, mode, fd=-1):
        # `makedirs(exist_ok=True)` tries.
        if not os.path.lexists(self.place(path, fd, False)):
            self.write(path, fd)

    def renamed(self, source, target, source_fd=-1, target_fd=-1):
        if os.path.lexists(self.place(source, source_fd, False)):
            self.write(source, source_fd, "delete", follow=False)
            self.write(target, target_fd, follow=False)

    def linked(self, source, target, source_fd=-1, target_fd=-1):
        # What is written by a second name is written to the first.
        self.write(source, source_fd)
        self.write(target, target_fd, follow=False)

    def place(self, path, fd, follow):
        """Where a path leads, symbolic links followed."""
        if isinstance(path, int):
            path = os.readlink(f"/proc/self/fd/{path}")
        path = os.fsdecode(path)
        if fd is not None and fd >= 0 and not path.startswith("/"):
            path = os.path.join(os.readlink(f"/proc/self/fd/{fd}"), path)
        path = os.path.abspath(path) if not follow else path
        if follow:
            return os.path.realpath(path)
        return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))

    def write(self, path, fd=-1, kind="write", follow=True):
        """Something is about to write (or delete) at `path`."""
        place = self.place(path, fd, follow)
        if kind == "delete" and not os.path.lexists(place):
            return
        if self.copy and inside(place, self.copy):
            self.seen(kind, place[len(self.copy) + 1 :])
        elif inside(place, self.home):
            if inside(place, f"{self.home}/tmp"):
                self.seen("temporary", place)
        elif place.startswith(DEVICES) or place.startswith(f"/proc/{os.getpid()}/"):
            pass
        elif inside(place, self.root):
            if self.copy:
                # Never, whatever is allowed: it is the person's own.
                self.stop("outside-" + kind, place)
            self.stop("copy", place[len(self.root) + 1 :])
        elif self.is_temporary(place):
            self.seen("temporary", place)
        elif "/__pycache__/" not in place:
            self.refuse("outside-" + kind, place)

    def is_temporary(self, place):
        """Whether a place, which is not in the tree, is in a temporary folder."""
        if inside(place, self.home):
            return inside(place, f"{self.home}/tmp")
        return not inside(place, self.root) and any(inside(place, one) for one in self.temporary)

    def database(self, name):
        name = os.fsdecode(name)
        if name.startswith("file:"):
            name, _, options = name[5:].partition("?")
            if "mode=ro" in options or "mode=memory" in options or "immutable=1" in options:
                return
            name = "/" + name.lstrip("/") if name.startswith("//") else name
        if name in ("", ":memory:"):
            return
        place = self.place(name, -1, True)
        if self.is_temporary(place):
            self.seen("temporary", place)
            return
        in_copy = self.copy and inside(place, self.copy)
        self.seen("database", place[len(self.copy) + 1 :] if in_copy else place)
        # SQLite opens for reading what it may not write.
        if inside(place, self.root) or not self.landlock:
            self.write(name)

    # Sockets

    def sent(self, socket, address=None, *_):
        if address is None:
            return
        family = getattr(socket.family, "name", str(socket.family))
        if family == "AF_UNIX":
            self.sent_here(address)
        elif family in ("AF_INET", "AF_INET6"):
            host, port = address[:2]
            protocol = "udp" if int(socket.type) & 0xF == 2 else "tcp"
            if not all(map(is_here, addresses(host))):
                self.refuse("connect", f"{host}:{port}")
            elif int(port) in self.listening[protocol]:
                self.refuse("connect", f"{host}:{port} ({protocol}), where something listened before")
        elif family not in ("AF_NETLINK", "AF_ALG"):
            self.refuse("connect", f"{family} {address!r}")

    def sent_here(self, address):
        name = os.fsdecode(address)
        name = "@" + name[1:] if name.startswith("\0") else self.place(name, -1, True)
        if name in self.sockets:
            self.refuse("connect", f"{name}, where something listened before")

    def bound(self, socket, address):
        family = getattr(socket.family, "name", str(socket.family))
        if family in ("AF_INET", "AF_INET6"):
            self.seen("server", f"{address[0]}:{address[1]}")
        elif family == "AF_UNIX" and address and os.fsdecode(address)[0] != "\0":
            self.write(address)

    def imported(self, module, *_):
        if module in UNSEEN:
            self.refuse("connect", f"by {module}, whose connections cannot be seen")

    # Processes

    def command(self, words, environment, program=None):
        if self.ending:
            return
        words = [words] if isinstance(words, (str, bytes)) else list(words)
        if program is not None:
            words[:1] = [program]
        kind, shown = commands.judge(words)
        if kind == "python" and commands.takes_hooks(words) and self.hooks_in(environment):
            self.seen("command", shown)
        elif kind == "leaving" and not self.allow:
            self.stop("command", shown)
        elif kind == "reading":
            self.seen("command", shown)
        elif not self.copy:
            # What it writes cannot be seen from here.
            self.stop("copy", shown)
        elif not self.landlock:
            self.refuse("command", shown)
        else:
            self.seen("command", shown)

    def hooks_in(self, environment):
        if environment is None:
            return f"{self.home}/hook" in os.environ.get("PYTHONPATH", "").split(":")
        for name in ("PYTHONPATH", b"PYTHONPATH"):
            if name in environment:
                return f"{self.home}/hook" in os.fsdecode(environment[name]).split(":")
        return False

    def signalled(self, pid, number):
        if self.ending or number == 0 or pid == 0:
            return
        if pid == -1 or not self.is_ours(abs(pid)):
            self.refuse("signal", f"{number} to process {pid}")

    def is_ours(self, pid):
        """Whether a process is the program or below it; one that does not exist harms nobody."""
        if pid in (self.main, os.getpid()):
            return True
        try:
            if os.getsid(pid) == self.main:
                return True
            with open(f"/proc/{pid}/environ", "rb") as file:
                return b"RIGHTLANE_RACE=" + os.fsencode(self.home) in file.read().split(b"\0")
        except ProcessLookupError:
            return True
        except OSError:
            return False


def inside(path, folder):
    return path == folder or path.startswith(folder + "/" if folder != "/" else folder)


def addresses(host):
    """The numeric addresses of a host."""
    host = os.fsdecode(host) if isinstance(host, (bytes, bytearray)) else host
    if host in ("", "localhost", "<broadcast>"):
        return ["255.255.255.255" if host == "<broadcast>" else "127.0.0.1"]
    if host.replace(".", "").isdigit() or ":" in host:
        return [host]
    import _socket

    return [found[4][0] for found in _socket.getaddrinfo(host, None)]


def is_here(address):
    """Whether a numeric address is this machine's own, for itself only."""
    address = address.partition("%")[0].lower()
    for start in ("::ffff:", "0:0:0:0:0:ffff:"):
        if address.startswith(start) and "." in address:
            address = address[len(start) :]
    return address.startswith("127.") or address in ("0.0.0.0", "0", "::", "::1", "0:0:0:0:0:0:0:1")
