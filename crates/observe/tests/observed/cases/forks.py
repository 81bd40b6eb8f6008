import os
import sys


def work(x):
    return x * x


for x in range(3):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        print("child", [work(y) for y in range(x + 1)], flush=True)
        if x == 0:
            os._exit(5)
        if x == 1:
            raise ValueError("in the child")
        sys.exit(6)
    print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
