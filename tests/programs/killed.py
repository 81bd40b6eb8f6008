import os
import signal

print("before", flush=True)
for number in range(1000):
    number * number
os.kill(os.getpid(), signal.SIGKILL)
