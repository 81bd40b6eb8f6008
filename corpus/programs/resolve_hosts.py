"""Resolve the host names of an inventory by asking the name server itself."""
import random
import socket
import struct
import subprocess
import sys
import zlib
from pathlib import Path

SERVER = Path(__file__).resolve().parent.parent / "servers" / "names.py"


def start_names(delay):
    process = subprocess.Popen([sys.executable, str(SERVER), "--delay", str(delay)],
                               stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def make_hosts(count=120, seed=44):
    rng = random.Random(seed)
    prefixes = ["web", "db", "mail", "cache", "xold"]
    return [f"{rng.choice(prefixes)}{n}.example.test" for n in range(count)]


def question(name, ident):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)


def parse(reply, ident):
    got, flags, _, answers = struct.unpack("!HHHH", reply[:8])
    if got != ident:
        raise ValueError("answer to another question")
    if flags & 15 or not answers:
        return None
    return socket.inet_ntoa(reply[-4:])


def resolve(name, port, tries=3):
    ident = zlib.crc32(name.encode()) & 0xFFFF
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        for _ in range(tries):
            sock.sendto(question(name, ident), ("127.0.0.1", port))
            try:
                return parse(sock.recv(512), ident)
            except TimeoutError:
                continue
    return None


def summary(found):
    missing = [name for name, address in found.items() if address is None]
    return (f"{len(found)} hosts, {len(missing)} unknown, "
            f"checksum {zlib.crc32(repr(sorted(found.items())).encode()):08x}")


def main():
    process, port = start_names(delay=0.016)
    try:
        found = {name: resolve(name, port) for name in make_hosts()}
        print(summary(found))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
