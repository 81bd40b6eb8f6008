"""Until the evening batch is complete: take messages from the drop folder, note the
plant's state, and keep the display's clock going."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

SERVERS = Path(__file__).resolve().parent.parent / "servers"
MESSAGES = 24


def start_device(delay):
    process = subprocess.Popen([sys.executable, str(SERVERS / "device.py"), "--delay", str(delay)],
                               stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def start_dropper(folder, every):
    process = subprocess.Popen([sys.executable, str(SERVERS / "dropper.py"), folder, "--count", str(MESSAGES),
                                "--every", str(every)], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


def watch_folder(folder, wanted=MESSAGES, every=0.02):
    """Take every message which appears in the folder, until all have come."""
    amounts = {}
    while len(amounts) < wanted:
        for name in sorted(os.listdir(folder)):
            if name.endswith(".json"):
                path = os.path.join(folder, name)
                with open(path) as handle:
                    message = json.load(handle)
                amounts[message["number"]] = message["amount"]
                os.remove(path)
        time.sleep(every)
    return amounts


def log_state(port, rounds=50):
    """Read the device `rounds` times and keep the mean of each reading."""
    means = []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock, sock.makefile("rw") as wire:
        for number in range(rounds):
            wire.write(f"READ {number}\n")
            wire.flush()
            samples = [float(word) for word in wire.readline().split()]
            means.append(round(sum(samples) / len(samples), 4))
    return means


def run_clock(ticks=25, every=0.04):
    shown = []
    for tick in range(ticks):
        shown.append(f"{tick // 60:02d}:{tick % 60:02d}")
        time.sleep(every)
    return shown


def summary(amounts, means, shown):
    text = repr((sorted(amounts.items()), means, shown[-1]))
    return (f"{len(amounts)} messages, {len(means)} states, clock {shown[-1]}, "
            f"checksum {zlib.crc32(text.encode()):08x}")


def main():
    device, port = start_device(delay=0.02)
    with tempfile.TemporaryDirectory() as folder:
        dropper = start_dropper(folder, every=0.05)
        try:
            amounts = watch_folder(folder)
            means = log_state(port)
            shown = run_clock()
            print(summary(amounts, means, shown))
        finally:
            for process in (device, dropper):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
