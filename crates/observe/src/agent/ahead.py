"""Compiles the program's files, with hooks in them, before it is started.

Rewriting syntax trees takes several times as long as plain compiling, and the program would wait
for it. So a process of its own does it, with the program's own options and environment, and leaves
the file `codes` beside this one. What it does not do, the program does when it comes to it: files
that cannot be compiled or not without a warning, and those for which there was no time.
"""

import posix
import sys
from marshal import dumps
from time import perf_counter

# Seconds after which the program is not kept waiting any longer.
PATIENCE = 0.25
# What kind of file it is, as in <sys/stat.h>.
FORMAT, REGULAR = 0o170000, 0o100000


def main(home):
    """Leaves `codes`: by path (fingerprint, whether it is the main program, marshalled code, hooks that
    it wants, spots that are not in it)."""
    start = perf_counter()
    # Not there with -I and the like.
    sys.path.insert(0, home)
    from plan import Plan, fingerprint
    from transform import compiled

    with open(home + "/plan", "rb") as file:
        plan = Plan(file.read())
    codes = {}
    for file in sorted(plan.files.values(), key=lambda file: not file.is_main):
        if perf_counter() - start > PATIENCE:
            break
        try:
            # A pipe can be read only once.
            if posix.stat(file.path).st_mode & FORMAT == REGULAR:
                with open(file.path, "rb") as text:
                    source = text.read()
                code, wanted, unmatched = compiled(source, file.path, file.spots, file.is_main)
                codes[file.path] = fingerprint(source), file.is_main, dumps(code), wanted, unmatched
        except Exception:
            # The program's own attempt says what is wrong.
            continue
    with open(home + "/codes.new", "wb") as file:
        file.write(dumps(codes))
    posix.rename(home + "/codes.new", home + "/codes")


if __name__ == "__main__":
    main(__file__.rpartition("/")[0])
