import sys
from . import inner
print(__name__, __package__, __spec__.name, __file__, sys.argv, sys.orig_argv[1:], sys.path[0], __doc__, type(__loader__).__name__)
for x in range(3):
    print(inner.compute(x), [k for k in list(globals())[:10]])


def fails():
    raise ValueError(sys.argv[1:])


if len(sys.argv) > 2:
    raise KeyboardInterrupt
if len(sys.argv) > 1:
    for x in range(1):
        fails()
