"""Sleeping."""

import time

from known.measured import look, repeat, tell


def work():
    repeat(lambda: time.sleep(0.05))


if __name__ == "__main__":
    tell(look(work).waited("sleep"))
