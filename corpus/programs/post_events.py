"""Send the events of the night to the collector, one POST each."""
import json
import random
import subprocess
import sys
import urllib.request
from pathlib import Path

SERVER = Path(__file__).resolve().parent.parent / "servers" / "service.py"


def start_collector(delay):
    process = subprocess.Popen([sys.executable, str(SERVER), "--delay", str(delay)],
                               stdout=subprocess.PIPE, text=True)
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}/events"


def make_events(count=240, seed=42):
    rng = random.Random(seed)
    return [{"id": n, "kind": rng.choice(["login", "sale", "refund", "error"]), "user": rng.randrange(9000),
             "detail": "x" * rng.randrange(50, 2500)} for n in range(count)]


def send(event, url):
    body = json.dumps(event).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)["received"]


def main():
    process, url = start_collector(delay=0.008)
    try:
        events = make_events()
        received = sum(send(event, url) for event in events)
        print(summary(events, received))
    finally:
        process.terminate()
        process.wait()


def summary(events, received):
    return f"{len(events)} events sent, checksum of bytes {received}"


if __name__ == "__main__":
    main()
