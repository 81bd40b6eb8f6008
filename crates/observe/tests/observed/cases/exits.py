import atexit
import sys
import threading
import time


class Thing:
    def __del__(self):
        print("thing deleted")


thing = Thing()
atexit.register(lambda: print("atexit first", "__file__" in globals()))
atexit.register(print, "atexit second")


def background():
    for _ in range(3):
        time.sleep(0.01)
    print("thread done")


threading.Thread(target=background).start()
for x in range(2):
    print(x)
if len(sys.argv) > 1:
    kind = sys.argv[1]
    if kind == "three":
        sys.exit(3)
    if kind == "text":
        sys.exit("a message")
    if kind == "none":
        sys.exit(None)
    if kind == "tuple":
        sys.exit((1, 2))
    if kind == "big":
        sys.exit(2**40)
    if kind == "systemexit":
        raise SystemExit
    if kind == "interrupt":
        raise KeyboardInterrupt
    if kind == "group":
        raise BaseException("base")
    if kind == "nested":
        try:
            1 / 0
        finally:
            sys.exit(4)
print("end")
