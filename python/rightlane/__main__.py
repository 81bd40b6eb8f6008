"""The ``rightlane`` command."""

import signal
import sys

from rightlane._core import main as _main


def main() -> int:
    """Run the command line of this process and return the exit code."""
    # The command handles Ctrl-C itself. Python's own handler would run as well, and raise
    # KeyboardInterrupt when the command returns. (An ignored SIGINT stays ignored.)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # `sys.executable` is empty or None where Python is embedded: Rightlane then looks for one.
    return _main(["rightlane", *sys.argv[1:]], sys.executable or None)


if __name__ == "__main__":
    sys.exit(main())
