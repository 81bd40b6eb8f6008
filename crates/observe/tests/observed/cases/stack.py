import inspect
import sys
import traceback
import warnings


def show():
    traceback.print_stack()
    print([frame.function for frame in inspect.stack()])
    for level in (1, 2, 3, 4):
        warnings.warn("deep", stacklevel=level)
    warnings.warn("old", DeprecationWarning, stacklevel=2)


for _ in range(1):
    show()
print(sys._getframe().f_back, sys._getframe().f_lineno)
