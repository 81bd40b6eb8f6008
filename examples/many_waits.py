"""Threads that compute or wait for a lock, a queue and a socket, beside a pool: for `rightlane top`."""

import concurrent.futures
import json
import queue
import socket
import threading
import time

lock, jobs = threading.Lock(), queue.Queue()
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())


def compute():
    while True:
        sum(i * i for i in range(10000))


def encode():
    while True:
        json.dumps(list(range(5000)))


def refill():
    with lock:
        while True:
            time.sleep(0.2)


def spend():
    with lock:
        pass


def count(n):
    return sum(range(n))


if __name__ == "__main__":
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        waiting = [pool.submit(count, 30_000_000) for _ in range(400)]
        for work in (compute, encode, refill, spend, jobs.get, lambda: client.recv(1)):
            threading.Thread(target=work, daemon=True).start()
            time.sleep(0.05)
        for each in waiting:
            each.result()
