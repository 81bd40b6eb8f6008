import sys
import time

print("ready", flush=True)
sys.stdin.readline()
time.sleep(0.2)
print("went on")
