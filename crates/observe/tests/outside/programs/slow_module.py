"""Takes 0.4 s to import."""
import time

time.sleep(0.4)
READY = True
