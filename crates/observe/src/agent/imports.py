"""Has the project's own modules compiled with their loops and calls instrumented.

Only `SourceFileLoader.get_code` is replaced, and only listed files are treated differently:
finders, specs, loaders and `sys.meta_path` stay the interpreter's own. Instrumented code is never
written to a bytecode cache, nor read from one.
"""

import sys
from posix import register_at_fork

# Named like importlib's own code, so that CPython cuts this frame out of import tracebacks too.
IMPORTLIB = "<frozen importlib._bootstrap_external>"
HOOK = """
def get_code(self, fullname):
    code = instrumented(getattr(self, "path", None))
    return original(self, fullname) if code is None else code
"""


def watch(files, codes, names):
    """Instruments the modules at the paths that are the keys of `files` when they are imported."""
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
    bases = {path.rpartition("/")[2] for path in files}

    def instrumented(path):
        if not isinstance(path, str) or path.rpartition("/")[2] not in bases:
            return None
        try:
            from os.path import realpath

            file = files.get(path) or files.get(realpath(path))
            if file is None:
                return None
            with open(path, "rb") as text:
                return codes.get(text.read(), path, file, False)
        except Exception:
            # The plain import says what is wrong, in its own words.
            return None

    scope = {"__builtins__": names, "instrumented": instrumented, "original": loader.get_code}
    exec(compile(HOOK, IMPORTLIB, "exec", 0, True), scope)
    loader.get_code = scope["get_code"]

    def restore():
        if loader.__dict__.get("get_code") is scope["get_code"]:
            del loader.get_code

    register_at_fork(after_in_child=restore)
