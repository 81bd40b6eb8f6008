"""A peer that takes 20 ms to send back a byte."""

import socket

from known.measured import look, repeat, tell
from known.peers import peer


def work(connection):
    repeat(lambda: (connection.send(b"x"), connection.recv(1)))


if __name__ == "__main__":
    with peer("echo", 0.02) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        seen = look(work, connection)
    tell(seen.waited("socket"), peer=f"127.0.0.1:{port}")
