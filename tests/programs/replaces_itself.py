import os
import sys

for number in range(1000):
    number * number
sys.stdout.flush()
os.execv(sys.executable, [sys.executable, "-c", "print('another program')"])
