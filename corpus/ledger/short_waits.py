"""Waits for a socket of 1 ms, far shorter than the time between samples, and Python code between."""

import socket

from known.measured import Clocks, look, repeat, tell
from known.peers import peer


def count():
    total = 0
    for number in range(5_000):
        total += number * number % 7


def step(connection, counting):
    connection.send(b"x")
    connection.recv(1)
    with counting:
        count()


def work(connection, counting):
    repeat(lambda: step(connection, counting))


if __name__ == "__main__":
    counting = Clocks()
    with peer("echo", 0.001) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        seen = look(work, connection, counting)
    python = counting.total.cpu
    seen.spent(socket=seen.span.blocked, python_gil=python, cpu=seen.span.cpu - python)
    tell(seen, peer=f"127.0.0.1:{port}")
