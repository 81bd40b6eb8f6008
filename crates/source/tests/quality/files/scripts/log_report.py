"""Summarise web server access logs (plain or gzipped) of one directory."""
from __future__ import annotations

import gzip
import logging
import os
import re
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Optional

logger = logging.getLogger("log_report")

LINE = re.compile(
    r"(?P<host>\S+) \S+ \S+ \[(?P<when>[^\]]+)\] "
    r'"(?P<method>[A-Z]+) (?P<path>\S+)[^"]*" (?P<status>\d{3}) (?P<size>\d+|-)'
)


@dataclass(frozen=True)
class Entry:
    host: str
    method: str
    path: str
    status: int
    size: int


@dataclass
class FileReport:
    name: str
    entries: int = 0
    bad_lines: int = 0
    bytes_sent: int = 0
    statuses: Counter = field(default_factory=Counter)
    paths: Counter = field(default_factory=Counter)


def open_log(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open("rt", encoding="utf-8", errors="replace")


def parse_line(line: str) -> Optional[Entry]:
    match = LINE.match(line)
    if match is None:
        return None
    size = match["size"]
    return Entry(
        host=match["host"],
        method=match["method"],
        path=match["path"].split("?", 1)[0],
        status=int(match["status"]),
        size=0 if size == "-" else int(size),
    )


def summarise_file(path: Path) -> FileReport:
    with open_log(path) as fh:
        parsed = [parse_line(line) for line in fh]  # loop: yes
    entries = [e for e in parsed if e is not None]
    return FileReport(
        name=path.name,
        entries=len(entries),
        bad_lines=len(parsed) - len(entries),
        bytes_sent=sum(e.size for e in entries),
        statuses=Counter(e.status for e in entries),
        paths=Counter(e.path for e in entries),
    )


def merge(reports: list[FileReport]) -> FileReport:
    total = FileReport(name="total")
    for report in reports:  # loop: yes
        total.entries += report.entries
        total.bad_lines += report.bad_lines
        total.bytes_sent += report.bytes_sent
    total.statuses = sum((r.statuses for r in reports), Counter())
    total.paths = sum((r.paths for r in reports), Counter())
    return total


def print_report(report: FileReport, top: int = 10) -> None:
    print(f"{report.name}: {report.entries} requests, {report.bytes_sent / 1e6:.1f} MB")
    for status, count in sorted(report.statuses.items()):  # loop: yes
        print(f"  {status}  {count:8d}")
    for path, count in report.paths.most_common(top):  # loop: yes
        print(f"  {count:8d}  {path}")


def longest_error_run(path: Path) -> int:
    """The longest run of 5xx answers in one file."""
    longest = 0
    current = 0
    with open_log(path) as fh:
        for line in fh:  # loop: split parse_line current
            entry = parse_line(line)
            if entry is not None and entry.status >= 500:
                current += 1
                longest = max(longest, current)
            else:
                current = 0
    return longest


def main(argv: list[str]) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    directory = Path(argv[1]) if len(argv) > 1 else Path("/var/log/nginx")
    paths = sorted(directory.glob("access.log*"))
    if not paths:
        logger.error("no access logs in %s", directory)
        return 2

    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:  # expect: RL305
        reports = list(pool.map(summarise_file, paths))

    for report in reports:  # loop: yes
        if report.bad_lines:
            logger.warning("%s: %d unreadable lines", report.name, report.bad_lines)
    print_report(merge(reports))

    newest = max(paths, key=lambda p: p.stat().st_mtime)
    print("longest run of server errors in", newest.name, "is", longest_error_run(newest))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
