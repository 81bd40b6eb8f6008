"""Read a news feed page by page; each page names the token of the next."""
import json
import subprocess
import sys
import urllib.request
import zlib
from pathlib import Path

SERVER = Path(__file__).resolve().parent.parent / "servers" / "feed.py"


def start_feed(delay):
    process = subprocess.Popen([sys.executable, str(SERVER), "--delay", str(delay), "--pages", "130"],
                               stdout=subprocess.PIPE, text=True)
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}/feed"


def read_page(url, token):
    with urllib.request.urlopen(f"{url}?token={token}", timeout=30) as response:
        return json.load(response)


def main():
    process, url = start_feed(delay=0.012)
    try:
        entries, token = [], "start"
        while token:
            page = read_page(url, token)
            entries.extend(page["entries"])
            token = page["next"]
        print(summary(entries))
    finally:
        process.terminate()
        process.wait()


def summary(entries):
    return f"{len(entries)} entries, checksum {zlib.crc32(repr(entries).encode()):08x}"


if __name__ == "__main__":
    main()
