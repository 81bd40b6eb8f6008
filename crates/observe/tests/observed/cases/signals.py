import signal
import time


def alarm(number, frame):
    raise TimeoutError(f"alarm {number} {frame is not None}")


signal.signal(signal.SIGALRM, alarm)
signal.setitimer(signal.ITIMER_REAL, 0.0275)
try:
    for x in range(1000):
        time.sleep(0.001)
except TimeoutError as error:
    print(error)
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGPIPE))
print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
