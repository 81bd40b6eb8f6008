"""Runs a program of a race as `python SCRIPT ARGUMENTS` or `python -m MODULE ARGUMENTS` would.

One frame of ours stays below the program's; tracebacks do not show it.
"""

import os
import sys
import time


def install(home):
    """The hooks, where the interpreter's flags kept `sitecustomize` from doing it."""
    present = []
    sys.audit("rightlane.race", present)
    if not present:
        import rightlane_race_hook

        rightlane_race_hook.install(home)


def main_module():
    """An empty `__main__`."""
    import builtins

    module = type(sys)("__main__")
    module.__builtins__ = builtins
    if sys.version_info < (3, 14):
        module.__annotations__ = {}
    sys.modules["__main__"] = module
    return module


def started(home):
    """Says when the program's first line runs."""
    with open(f"{home}/run/started", "w") as file:
        file.write(str(time.monotonic_ns()))


def script(home, target):
    """What runs the program as a script."""
    name = target if target.startswith("/") else f"{os.getcwd()}/{target}"
    if sys.path and sys.path[0] == home:
        sys.path[0] = os.path.dirname(os.path.realpath(name))
    if os.path.isdir(name):
        import runpy

        return lambda: runpy.run_path(target, run_name="__main__")
    from io import open_code

    with open_code(name) as file:
        text = file.read()
    module = main_module()
    module.__file__ = name
    if sys.version_info < (3, 15):
        module.__cached__ = None
    module.__loader__ = sys.modules["_frozen_importlib_external"].SourceFileLoader("__main__", name)
    code = compile(text, name, "exec", 0, True)

    def run(code=code, scope=module.__dict__):
        exec(code, scope)

    return run


def module(home, target):
    """What runs the program as a module."""
    if sys.path and sys.path[0] == home:
        sys.path[0] = os.getcwd()
    main_module()
    import runpy

    return lambda: runpy._run_module_as_main(target)


def shown(error):
    """Reports what the program did not catch, without the frames of ours."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    error.__traceback__ = trace
    sys.excepthook(type(error), error, trace)


def launch(home):
    install(home)
    sys.path[:] = [entry for entry in sys.path if entry != f"{home}/hook"]
    for name in [name for name in sys.modules if name.startswith("rightlane_race_")]:
        del sys.modules[name]
    with open(f"{home}/run/plan", "rb") as file:
        plan = eval(file.read(), {"__builtins__": {}})
    target, *arguments = [os.fsdecode(one.encode("latin-1")) for one in plan["program"]]
    before = ["-m"] if plan["module"] else []
    sys.orig_argv[:] = [*sys.orig_argv[: len(sys.orig_argv) - len(sys.argv)], *before, target, *arguments]
    sys.argv[:] = ["-m" if plan["module"] else target, *arguments]
    try:
        run = (module if plan["module"] else script)(home, target)
        started(home)
        run()
    except SystemExit:
        raise
    except BaseException as error:
        shown(error)
        raise SystemExit(130 if isinstance(error, KeyboardInterrupt) else 1) from None
