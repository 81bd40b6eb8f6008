"""What a program may do to whoever reads its memory; the first argument says what."""

import ctypes
import os
import random
import resource
import signal
import sys
import threading
import time


def word(address):
    return ctypes.c_uint64.from_address(address)


def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


LIES = [0, 1, 4097, 1 << 20, (1 << 20) + 1, 1 << 40, 1 << 62, (1 << 64) - 1]


def lie():
    """Code objects whose line table and name claim to be of any length while they run."""
    random.seed(7)
    for turn in range(150):
        name = f"made{turn}"
        code = compile("spin(0.004)", name, "exec")
        size, length = word(id(code.co_linetable) + 16), word(id(code.co_filename) + 16)
        was = size.value, length.value
        size.value, length.value = random.choice(LIES), random.choice(LIES)
        exec(code)
        size.value, length.value = was
    spin(0.3)
    print("done", flush=True)


def scribble():
    """Any word of a thread state, again and again, until it crashes."""
    signal.alarm(3)
    ctypes.pythonapi.PyThreadState_Get.restype = ctypes.c_void_p
    states = [ctypes.pythonapi.PyThreadState_Get()]

    def other():
        states.append(ctypes.pythonapi.PyThreadState_Get())
        while True:
            spin(0.01)

    threading.Thread(target=other, daemon=True).start()
    time.sleep(0.2)
    while True:
        address = random.choice(states) + 8 * random.randrange(40)
        was = word(address).value
        word(address).value = random.choice([0, 8, was + 8, was ^ 1 << 40, random.getrandbits(47)])
        spin(0.001)
        if random.random() < 0.7:
            word(address).value = was


def before():
    time.sleep(0.3)


def crash():
    before()
    ctypes.string_at(0)
    print("still here", flush=True)


def execute():
    before()
    os.execvp("sleep", ["sleep", "4"])


def tick():
    while True:
        time.sleep(0.02)
        print(flush=True)


def crowd():
    threading.stack_size(64 << 10)
    go_on = threading.Event()
    threads = [threading.Thread(target=go_on.wait) for _ in range(1999)]
    try:
        for thread in threads:
            thread.start()
    except RuntimeError:
        os._exit(0)
    time.sleep(1)
    print(threading.active_count(), flush=True)
    go_on.set()


def only_in_child():
    os._exit(0)


def fork():
    children = 0
    for _ in range(50):
        started = []
        for _ in range(20):
            child = os.fork()
            if child == 0:
                only_in_child()
            started.append(child)
        for child in started:
            os.waitpid(child, 0)
            children += 1
    print(children, flush=True)


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
globals()[sys.argv[1]]()
