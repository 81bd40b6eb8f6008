import signal
import sys
import time


def poll(number):
    time.sleep(0.01)


def stop(signum, frame):
    print("stopped by", signal.Signals(signum).name, flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
try:
    print("ready", flush=True)
    while True:
        poll(1)
except KeyboardInterrupt:
    print("stopped by SIGINT", flush=True)
finally:
    print("tidied up", flush=True)
