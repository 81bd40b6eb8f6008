"""The docstring."""
from __future__ import annotations

import builtins
import sys

known = {"names": sorted(k for k in globals())}
print(known)
print(__name__, __doc__, __package__, __spec__, __file__, type(__loader__).__name__, __loader__.name, __loader__.path)
print(list(globals())[:9], __builtins__ is builtins, globals() is sys.modules["__main__"].__dict__)
print(sys.argv, sys.orig_argv[1:], sys.path[0], len(sys.path), sys.flags)
value: int = 3
print(__annotations__)
print([type(finder).__name__ for finder in sys.path_hooks], [getattr(f, "__name__", f) for f in sys.meta_path])
print(sys.excepthook is sys.__excepthook__, hasattr(sys, "last_value"), sys.exc_info(), sys.warnoptions)
for x in [1]:
    try:
        raise
    except RuntimeError as error:
        print(error)
