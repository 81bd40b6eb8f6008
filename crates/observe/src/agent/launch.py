"""Runs the observed program as CPython would run it itself, with nothing of ours below it.

CPython prints an uncaught exception by calling `sys.excepthook` from C, with no Python frame on
the stack; the hook made here is a chain of C iterators that executes the program's code. So
`sys._getframe`, `warnings` stack levels, `traceback.print_stack`, faulthandler and the recursion
limit see what they see in a plain run. Rejected: calling `exec` from here (a frame of ours under
the program's), and runpy (two of them).

Whatever cannot be prepared (a syntax error, a zip file, a binary) is handed to a plain
interpreter by `execv`, so that every message comes from CPython itself.
"""

import builtins
import posix
import sys
from _functools import partial
from atexit import register
from itertools import chain, repeat
from marshal import loads

# Names our code in tracebacks and samples.
OURS = "<rightlane>"
# Stands for the guard around the program, as `transform.py` spells it.
GUARD = "\0rightlane guard\0"


class Plain(Exception):
    """The program is better left to a plain interpreter."""


def read(path):
    """The bytes of the file at `path`."""
    with open(path, "rb") as file:
        return file.read()


class Parts:
    """Our other files, each executed in a namespace of its own when first asked for."""

    def __init__(self, home, codes):
        self.home = home
        self.codes = codes
        self.loaded = {}
        # The program may change the built-in names; ours stay what they are now.
        self.builtins = dict(builtins.__dict__)

    def __call__(self, name):
        if name not in self.loaded:
            scope = {"__name__": "rightlane." + name, "__builtins__": self.builtins}
            exec(self.code(name + ".py"), scope)
            self.loaded[name] = scope
        return self.loaded[name]

    def code(self, file):
        if file in self.codes:
            return loads(self.codes.pop(file))
        return compile(read(f"{self.home}/{file}"), OURS, "exec", 0, True)


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
            self.namespace = None
            raise
        # Caught in the program's own frame, its traceback lacks runpy's frames below that.
        trace = error.__traceback__
        frame = sys._getframe(1).f_back
        while frame is not None:
            trace = type(trace)(trace, frame, frame.f_lasti, frame.f_lineno)
            frame = frame.f_back
        error.__traceback__ = trace
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
            die_of_interrupt()

    def forget_file(self):
        # CPython takes these out of `__main__` when a script's code has ended.
        namespace, self.namespace = self.namespace, None
        for name in ("__file__", "__cached__") if self.is_script else ():
            namespace.pop(name, None)


class Last:
    """What is torn down last: it ends the process by SIGINT."""

    def __del__(self, kill=posix.kill, getpid=posix.getpid):
        kill(getpid(), 2)


def die_of_interrupt():
    """Has the interpreter, once it is torn down, die of SIGINT as it does after an uncaught
    KeyboardInterrupt."""
    if sys.version_info < (3, 14):
        # Sets the interpreter's own flag for that.
        try:
            exec("raise KeyboardInterrupt")
        except KeyboardInterrupt:
            pass
    else:
        # There the flag is set only where C prints an error (and it would print this one). What
        # is among the built-in names outlives the program's objects and the standard streams;
        # signals have their default handlers by then.
        setattr(builtins, OURS, Last())


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
        without_us(second)
        sys.__excepthook__(type(second), second, second.__traceback__)
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
        error.__traceback__ = trace_without_us(error.__traceback__)


def trace_without_us(trace):
    kept = []
    while trace is not None:
        if trace.tb_frame.f_code.co_filename != OURS:
            kept.append(trace)
        trace = trace.tb_next
    for entry, following in zip(kept, [*kept[1:], None]):
        if entry.tb_next is not following:
            entry.tb_next = following
    return kept[0] if kept else None


class Start:
    """How the interpreter was started: `python [options] OURS TARGET [arguments]`."""

    def __init__(self, here):
        # Where our own script lies, which the interpreter took for the program's folder.
        self.here = here
        self.options = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv)]
        self.target, *self.arguments = sys.argv[1:]

    def set_arguments(self, first, before):
        """Makes `sys.argv` and `sys.orig_argv` those of a plain run."""
        sys.orig_argv[:] = [*self.options, *before, self.target, *self.arguments]
        sys.argv[:] = [first, *self.arguments]

    def set_path(self, entry):
        """Puts `entry()` where the interpreter put our folder, if it did."""
        if sys.path and sys.path[0] == self.here:
            del sys.path[0]
            try:
                sys.path.insert(0, entry())
            except OSError:
                pass

    def over(self, before):
        """Starts the program plainly in our place."""
        posix.execv(sys.executable, [*self.options, *before, self.target, *self.arguments])


def script(start, namespace, plan, compiled):
    """The program as a script: yields what executes it in a namespace."""
    target = start.target
    name = target if target.startswith("/") else f"{posix.getcwd()}/{target}"
    code = compiled(name, plan.main)
    namespace["__file__"] = name
    namespace["__loader__"] = type(namespace["__loader__"])("__main__", name)
    start.set_arguments(target, ())

    def folder():
        from os.path import dirname, realpath

        return dirname(realpath(name))

    start.set_path(folder)
    return partial(map, exec, [code])


def module(start, namespace, guarded, ending):
    """The program as `-m` runs it: runpy's own two frames, called from C, are below it.

    What runpy finds is replaced by the same code with our guard in it, so that no exception gets
    past the program's own frame; what goes wrong before (a package's `__init__` that raises) is
    caught where runpy looks for it. Rejected: calling runpy from here, which puts a frame of ours
    below runpy's."""
    start.set_arguments("-m", ("-m",))
    start.set_path(posix.getcwd)
    from importlib.machinery import BuiltinImporter, ModuleSpec

    for key in ("__file__", "__cached__"):
        namespace.pop(key, None)
    namespace["__loader__"] = BuiltinImporter
    import runpy

    find = runpy._get_module_details

    def details(name, unfit):
        runpy._get_module_details = find
        try:
            name, spec, code = find(name, unfit)
            return name, spec, guarded(spec, code)
        except unfit:
            raise  # runpy says it in one line
        except BaseException:
            ending.caught()
            return name, ModuleSpec(name, None), compile("", OURS, "exec")

    runpy._get_module_details = details
    return lambda _: map(runpy._run_module_as_main, [start.target])


def prepare(start, namespace, plan, load):
    """Everything up to the program's first line; yields the hook that runs it."""
    if sys.flags.inspect or sys.flags.interactive or posix.environ.get(b"PYTHONINSPECT"):
        raise Plain
    ledger = load("ledger")["Ledger"](load.home)
    hooks = load("hooks")["Hooks"](ledger, load)

    main = type(sys)("__main__")
    main.__dict__.clear()
    ending = Ending(main.__dict__, plan.kind == "script")

    hooks.add([(GUARD, "guard", ending.caught)], 0)
    codes = load("codes")["Codes"](load, hooks)

    def compiled(name, file):
        return codes.get(read(name), name, file, True)

    def guarded(spec, code):
        """A module's code with a guard in it; where only its code is there (from a zip file,
        say), with the guard in a frame around it."""
        name = code.co_filename
        loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
        if type(spec.loader) is loader and spec.origin == name:
            from os.path import realpath

            return compiled(name, plan.files.get(name) or plan.files.get(realpath(name)) or plan.main)
        around = hooks.fill(load("transform")["compiled"]("exec(0)", OURS, ((), (), (), ()), True)[0])
        return around.replace(co_consts=tuple(code if one == 0 else one for one in around.co_consts))

    if plan.kind == "script":
        execute = script(start, namespace, plan, compiled)
    else:
        execute = module(start, namespace, guarded, ending)
    files = {path: file for path, file in plan.files.items() if not file.is_main}
    if files:
        load("imports")["watch"](files, codes, load.builtins)
    main.__dict__.update(namespace)
    if sys.version_info < (3, 12):
        # There C calls count towards the recursion limit: the iterators above the program's
        # first frame are made up for.
        sys.setrecursionlimit(sys.getrecursionlimit() + 4)
    # Registered first, it comes last.
    register(hooks.close)
    ledger.begin()
    # `min` calls its key four times: for its first argument and the three that C hands to the
    # hook. Every call takes one step; the truth values only give it something to compare.
    # The namespace is taken out of its list: from 3.14, C owns the hook until the process ends, and
    # the program's objects are to die before.
    namespaces = map([main.__dict__].pop, [0])
    steps = chain(map(begin, [0]), execute(namespaces), map(ending.finish, [0]), repeat(0))
    hook = partial(min, 0, key=partial(next, map(bool, steps)))
    # C only borrows the module that it started us in and the hook that it calls.
    hooks.kept = sys.modules["__main__"], hook
    sys.modules["__main__"] = main
    return hook


def begin(_):
    """Leaves no trace of the exception that brought us here."""
    sys.excepthook = sys.__excepthook__
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)


def launch(namespace, here, codes):
    """Gets the program ready, so that raising any exception now runs it."""
    load = Parts(here.rpartition("/")[0], codes)
    plan = load("plan")["Plan"](read(f"{load.home}/plan"))
    start = Start(here)
    try:
        sys.excepthook = prepare(start, namespace, plan, load)
    except Exception:
        start.over(["-m"] if plan.kind == "module" else [])
