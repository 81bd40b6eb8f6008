"""Waiting for the end of a child process."""

import subprocess
import sys

from known.measured import Clocks, look, repeat, tell


def work(waiting):
    def run():
        child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(0.8)"])
        with waiting:
            child.wait()

    repeat(run)


if __name__ == "__main__":
    waiting = Clocks()
    seen = look(work, waiting)
    seen.spent(child=waiting.total.blocked, cpu=seen.span.cpu)
    tell(seen, child="time.sleep(0.8)")
