"""Look up the stock of a shopping list in the key/value store of the warehouse,
over one connection."""
import random
import socket
import subprocess
import sys
import zlib
from pathlib import Path

SERVER = Path(__file__).resolve().parent.parent / "servers" / "kv.py"
LOOKUPS = 20_000


class Store:
    """A minimal client: one connection, one request at a time."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire = self.sock.makefile("rb")

    def call(self, *words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            data = str(word).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self.sock.sendall(b"".join(parts))
        head = self.wire.readline()
        if head[:1] != b"$":
            return head[1:].strip().decode()
        size = int(head[1:])
        return None if size < 0 else self.wire.read(size + 2)[:-2].decode()

    def close(self):
        self.wire.close()
        self.sock.close()


def start_store():
    process = subprocess.Popen([sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def fill(store, products=800):
    for number in range(products):
        store.call("SET", f"stock:{number}", number * 7 % 41)


def make_list(count=LOOKUPS, seed=43):
    rng = random.Random(seed)
    return [rng.randrange(900) for _ in range(count)]


def stock_of(store, product):
    answer = store.call("GET", f"stock:{product}")
    return product, int(answer) if answer is not None else -1


def summary(levels):
    unknown = sum(level < 0 for _, level in levels)
    return f"{len(levels)} looked up, {unknown} unknown, checksum {zlib.crc32(repr(levels).encode()):08x}"


def main():
    process, port = start_store()
    try:
        store = Store(port)
        fill(store)
        levels = []
        for product in make_list():
            levels.append(stock_of(store, product))
        print(summary(levels))
        store.close()
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
