import sys
import threading


def hook(kind, value, trace):
    lines = []
    while trace:
        lines.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
        trace = trace.tb_next
    print("hook", kind, value, lines, sys.exc_info()[0], sys.last_value is value)
    if value.args == ("again",):
        raise ValueError("from the hook")


sys.excepthook = hook


def work(x):
    raise LookupError(*sys.argv[1:])


thread = threading.Thread(target=lambda: [int(x) for x in "ab"])
thread.start()
thread.join()
for x in range(2):
    work(x)
