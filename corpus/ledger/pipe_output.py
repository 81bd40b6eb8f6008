"""Reading what a slow child writes, line by line."""

import subprocess
import sys

from known.measured import look, tell

SLOWLY = "import time\nfor number in range(25): print(number, flush=True); time.sleep(0.1)"


def work(output):
    for _ in output:
        pass


if __name__ == "__main__":
    with subprocess.Popen([sys.executable, "-S", "-c", SLOWLY], stdout=subprocess.PIPE, text=True) as child:
        seen = look(work, child.stdout)
    tell(seen.waited("pipe"))
