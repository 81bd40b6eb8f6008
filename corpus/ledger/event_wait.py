"""Waiting for an `Event` that nobody sets."""

import threading

from known.measured import SECONDS, look, tell


def work():
    threading.Event().wait(SECONDS)


if __name__ == "__main__":
    tell(look(work).waited("lock"), lock="event")
