"""The ``rightlane`` command."""

import sys

from rightlane._core import main as _main


def main() -> int:
    """Run the command line of this process and return the exit code."""
    # `sys.executable` is empty or None where Python is embedded: Rightlane then looks for one.
    return _main(["rightlane", *sys.argv[1:]], sys.executable or None)


if __name__ == "__main__":
    sys.exit(main())
