import itertools
import sys
import time


def poll(number):
    time.sleep(0.01)
    return number


print("ready", flush=True)
for number in itertools.count():
    poll(number)
    if number == 10:
        print("seen ten", file=sys.stderr, flush=True)
