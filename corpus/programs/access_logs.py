"""Per-host figures from a folder of web server logs."""
import os
import random
import re
import tempfile
import zlib
from collections import defaultdict

LINE = re.compile(r'^(?P<host>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+) [^"]*" '
                  r'(?P<status>\d{3}) (?P<size>\d+|-) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"$')
BOT = re.compile(r"bot|crawler|spider", re.IGNORECASE)


def make_logs(folder, files=60, lines=16_000, seed=47):
    rng = random.Random(seed)
    agents = ["Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", "curl/8.5", "ExampleBot/2.1 (+http://bot.example)"]
    sample = [f'10.0.{rng.randrange(4)}.{rng.randrange(250)} - - [07/Mar/2025:10:{rng.randrange(60):02d}:00 +0000] '
              f'"{rng.choice(["GET", "POST"])} /shop/{rng.randrange(300)} HTTP/1.1" {rng.choice([200, 200, 304, 404, 500])} '
              f'{rng.randrange(9000)} "-" "{rng.choice(agents)}"\n' for _ in range(4000)]
    for number in range(files):
        with open(os.path.join(folder, f"access-{number:02d}.log"), "w") as out:
            out.writelines(rng.choices(sample, k=lines))


def read_log(path):
    hits, failures, volume = defaultdict(int), defaultdict(int), defaultdict(int)
    with open(path, encoding="utf-8") as log:
        for line in log:
            match = LINE.match(line)
            if not match or BOT.search(match["agent"]):
                continue
            host = match["host"]
            hits[host] += 1
            failures[host] += match["status"] >= "400"
            volume[host] += 0 if match["size"] == "-" else int(match["size"])
    return {host: (hits[host], failures[host], volume[host]) for host in hits}


def main():
    with tempfile.TemporaryDirectory() as folder:
        make_logs(folder)
        totals = {}
        for name in sorted(os.listdir(folder)):
            figures = read_log(os.path.join(folder, name))
            add(totals, figures)
    print(summary(totals))


def add(totals, figures):
    for host, row in figures.items():
        old = totals.get(host, (0, 0, 0))
        totals[host] = tuple(a + b for a, b in zip(old, row))


def summary(totals):
    hits = sum(row[0] for row in totals.values())
    return f"{len(totals)} hosts, {hits} hits, checksum {zlib.crc32(repr(sorted(totals.items())).encode()):08x}"


if __name__ == "__main__":
    main()
