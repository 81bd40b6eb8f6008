"""A web service that takes 40 ms to answer."""

import urllib.request

from known.measured import look, repeat, tell
from known.peers import peer


def fetch(address):
    with urllib.request.urlopen(address) as answer:
        answer.read()


def work(address):
    repeat(lambda: fetch(address))


if __name__ == "__main__":
    with peer("web", 0.04) as port:
        seen = look(work, f"http://127.0.0.1:{port}/item")
    tell(seen.waited("socket"), peer=f"127.0.0.1:{port}")
