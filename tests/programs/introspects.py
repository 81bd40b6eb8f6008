"""Everything that a program can see of the way it was started."""

import sys
import threading
import traceback

if sys.argv[0].endswith("introspects.py"):
    print(__name__, __file__ == sys.argv[0], __doc__.splitlines()[0])
print(__builtins__.__name__, __spec__ is None, __package__)
print(sys.path[0].endswith("programs"), sys.flags.optimize, sys.argv[1:])
print(len(traceback.extract_stack()), threading.active_count(), sys.gettrace(), sys.getprofile())
print(sys.modules["__main__"].__dict__ is globals(), sorted(name for name in globals() if name[:2] != "__"))


def fail():
    raise ValueError("on purpose")


for number in range(3):
    try:
        fail()
    except ValueError:
        print(traceback.format_exc())
