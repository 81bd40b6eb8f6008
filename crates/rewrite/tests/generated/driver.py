"""Runs programs and their rewritten forms, and says what each prints and how it ends.

Reads lines of JSON from stdin, `{"name": …, "text": …}`, and answers each with a line. All run in one interpreter:
starting one for each would take minutes. A program is the module `__main__` while it runs, so that functions are
found by name in processes that are forked.
"""

import contextlib
import io
import json
import multiprocessing
import signal
import sys
import threading
import types

multiprocessing.set_start_method("fork")
OWN = sys.modules["__main__"]


class TookTooLong(BaseException):
    """A program did not come to its end."""


def alarm(*_):
    raise TookTooLong


def run(text):
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    out = io.StringIO()
    end = "done"
    signal.alarm(20)
    try:
        code = compile(text, "program.py", "exec")
        with contextlib.redirect_stdout(out):
            exec(code, module.__dict__)
    except TookTooLong:
        end = "took too long"
    except BaseException as error:
        end = f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
        sys.modules["__main__"] = OWN
    return {"out": out.getvalue(), "end": end}


signal.signal(signal.SIGALRM, alarm)
for line in sys.stdin:
    asked = json.loads(line)
    answer = run(asked["text"]) | {"name": asked["name"], "threads": threading.active_count()}
    print(json.dumps(answer), flush=True)
