# Runs the observed program as CPython would run it itself, with nothing of ours below it.
#
# The interpreter starts this file as its script. It prepares the program, then raises: CPython
# prints an uncaught exception by calling `sys.excepthook` from C, with no Python frame on the
# stack, and the hook set here is a chain of C iterators that executes the program's code. So
# `sys._getframe`, `warnings` stack levels, `traceback.print_stack`, faulthandler and the
# recursion limit see what they see in a plain run. Rejected: calling `exec` from here (a frame of
# ours under the program's), and runpy (two of them).
#
# Whatever cannot be prepared (a syntax error, a zip file, a binary) is handed to a plain
# interpreter by `execv`, so that every message comes from CPython itself.
#
# There is no docstring because the program's `__main__` starts from this module's namespace.
_namespace = dict(globals())

import builtins  # noqa: E402
import posix  # noqa: E402
import sys  # noqa: E402
from _functools import partial  # noqa: E402
from itertools import chain, repeat  # noqa: E402

HERE = __file__.rpartition("/")[0]
# Names our code in tracebacks and samples; the sampler leaves frames of this file out.
OURS = "<rightlane>"
ONLY_AST = 0x400


class Plain(Exception):
    """The program is better left to a plain interpreter."""


def read(path):
    """The bytes of the file at `path`."""
    with open(path, "rb") as file:
        return file.read()


def load(name):
    """The namespace of our part `name`."""
    scope = {"__name__": "rightlane." + name, "__builtins__": builtins}
    exec(compile(read(f"{HERE}/{name}.py"), OURS, "exec", 0, True), scope)
    return scope


class Plan:
    """What to instrument, as `plan` beside this file says."""

    def __init__(self, text):
        lines = text.decode("ascii").splitlines()
        self.kind = lines[0].split()[2]
        self.files = {}
        for line in lines[1:]:
            word, *rest = line.split()
            if word == "file":
                path = bytes.fromhex(rest[1]).decode("utf-8", "surrogateescape")
                spots = self.files.setdefault(path, ([], []))
                if rest[0] == "main":
                    self.main = spots
            elif word == "loop":
                spots[0].append((rest[0], rest[1] == "exits", *map(int, rest[2:])))
            else:
                spots[1].append(tuple(map(int, rest)))

    main = ([], [])


class Ending:
    """What follows the program's last line, in CPython's own order."""

    def __init__(self, namespace, is_script):
        self.namespace = namespace
        self.is_script = is_script
        self.error = None

    def caught(self):
        """Called by the handler around the program: an exception got past all of it."""
        error = sys.exc_info()[1]
        if isinstance(error, SystemExit):
            raise
        self.error = error

    def finish(self, _):
        """Reports the error, if any, as `PyErr_Print` does; the exit status comes from how this
        returns: 0 by SystemExit, 1 (or death by SIGINT) otherwise."""
        error, self.error = self.error, None
        if error is None:
            self.forget_file()
            raise SystemExit
        without_us(error)
        report(error)
        self.forget_file()
        if type(error) is KeyboardInterrupt:
            # Sets the flag by which the interpreter, once it is torn down, dies of SIGINT.
            try:
                exec("raise KeyboardInterrupt")
            except KeyboardInterrupt:
                pass

    def forget_file(self):
        # CPython takes these out of `__main__` when a script's code has ended.
        for name in ("__file__", "__cached__") if self.is_script else ():
            self.namespace.pop(name, None)


def report(error):
    """Shows an uncaught exception."""
    kind, trace = type(error), error.__traceback__
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    hook = getattr(sys, "excepthook", sys.__excepthook__)
    sys.audit("sys.excepthook", hook, kind, error, trace)
    try:
        hook(kind, error, trace)
    except SystemExit:
        raise
    except BaseException as second:
        print("Error in sys.excepthook:", file=sys.stderr)
        sys.__excepthook__(type(second), second, second.__traceback__.tb_next)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(kind, error, trace)


def without_us(error):
    """Takes our frames out of the tracebacks of `error` and of what it is chained to."""
    seen = set()
    queue = [error]
    while queue:
        error = queue.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        queue += (error.__cause__, error.__context__)
        kept = []
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename != OURS:
                kept.append(trace)
            trace = trace.tb_next
        for trace, following in zip(kept, [*kept[1:], None]):
            if trace.tb_next is not following:
                trace.tb_next = following
        error.__traceback__ = kept[0] if kept else None


def flags():
    """The interpreter and its own options, as they were given."""
    return sys.orig_argv[: len(sys.orig_argv) - len(sys.argv)]


def set_arguments(first, before):
    """Makes `sys.argv` and `sys.orig_argv` those of a plain run; yields the program's name."""
    target, *rest = sys.argv[1:]
    sys.orig_argv[:] = [*flags(), *before, target, *rest]
    sys.argv[:] = [first or target, *rest]
    return target


def set_path(entry):
    """Puts `entry()` where the interpreter put our own folder, if it did."""
    if sys.path and sys.path[0] == HERE:
        del sys.path[0]
        try:
            sys.path.insert(0, entry())
        except OSError:
            pass


def script_steps(plan, transform, hooks):
    """The program as a script: its namespace and the code to execute in it."""
    target = sys.argv[1]
    name = target if target.startswith("/") else f"{posix.getcwd()}/{target}"
    tree = compile(read(name), name, "exec", ONLY_AST, True)
    transform["instrument"](tree, plan.main, hooks)
    transform["guard"](tree)
    code = compile(tree, name, "exec", 0, True)
    _namespace["__file__"] = name
    _namespace["__loader__"] = type(_namespace["__loader__"])("__main__", name)
    set_arguments(None, ())

    def folder():
        from os.path import dirname, realpath

        return dirname(realpath(name))

    set_path(folder)
    return partial(map, exec, [code])


def module_steps(ending_of):
    """The program as `-m` runs it. One frame of ours is below runpy's; it is taken out of
    tracebacks."""
    name = set_arguments("-m", ("-m",))
    set_path(posix.getcwd)
    from importlib.machinery import BuiltinImporter

    for key in ("__file__", "__cached__"):
        _namespace.pop(key, None)
    _namespace["__loader__"] = BuiltinImporter
    from runpy import _run_module_as_main

    def run(_):
        try:
            _run_module_as_main(name)
        except BaseException:
            ending_of().caught()

    return partial(map, run)


def prepare(plan):
    """Everything up to the program's first line; yields the hook that runs it."""
    if sys.flags.inspect or sys.flags.interactive or posix.environ.get(b"PYTHONINSPECT"):
        raise Plain
    transform = load("transform")
    ledger = load("ledger")["Ledger"](HERE)
    hooks = load("hooks")["Hooks"](ledger, load)
    endings = []
    if plan.kind == "script":
        execute = script_steps(plan, transform, hooks)
    else:
        execute = module_steps(lambda: endings[0])
    load("imports")["watch"](plan.files, transform, hooks)
    main = type(sys)("__main__")
    main.__dict__.clear()
    main.__dict__.update(_namespace)
    sys.modules["__main__"] = main
    ending = Ending(main.__dict__, plan.kind == "script")
    endings.append(ending)
    builtins.__dict__["__rl_caught__"] = ending.caught
    if sys.version_info < (3, 12):
        # There C calls count towards the recursion limit: the iterators above the program's
        # first frame are made up for.
        sys.setrecursionlimit(sys.getrecursionlimit() + 4)
    ledger.begin()
    # `min` calls its key four times: for its first argument and the three that C hands to the
    # hook. Every call takes one step; the truth values only give it something to compare.
    steps = chain(map(begin, [0]), execute([main.__dict__]), map(ending.finish, [0]), repeat(0))
    return partial(min, 0, key=partial(next, map(bool, steps)))


def begin(_):
    """Leaves no trace of the exception that brought us here."""
    sys.excepthook = sys.__excepthook__
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)


def launch():
    plan = Plan(read(f"{HERE}/plan"))
    try:
        sys.excepthook = prepare(plan)
    except Exception:
        before = ["-m"] if plan.kind == "module" else []
        # Nothing has been changed that outlives this.
        posix.execv(sys.executable, [*START, *before, *ARGUMENTS])


START = flags()
ARGUMENTS = sys.argv[1:]
launch()
raise Plain
