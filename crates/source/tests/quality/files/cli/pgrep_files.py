#!/usr/bin/env python3
"""Search a regular expression in many files, several files at a time."""

import argparse
import multiprocessing
import os
import re
import sys
from typing import Iterator, List, NamedTuple, Optional, Pattern, Tuple

_pattern: Optional[Pattern[str]] = None


class Hit(NamedTuple):
    number: int
    start: int
    end: int
    text: str


class FileHits(NamedTuple):
    path: str
    hits: List[Hit]
    error: Optional[str] = None


def init_worker(expression: str, flags: int) -> None:
    global _pattern
    _pattern = re.compile(expression, flags)


def search_lines(lines: List[str]) -> List[Hit]:
    hits = []
    for number, line in enumerate(lines, start=1):  # loop: yes
        match = _pattern.search(line)
        if match:
            hits.append(Hit(number, match.start(), match.end(), line.rstrip("\n")))
    return hits


def search_file(path: str) -> FileHits:
    try:
        with open(path, encoding="utf-8") as fh:
            lines = fh.readlines()
    except (OSError, UnicodeDecodeError) as exc:
        return FileHits(path, [], str(exc))
    return FileHits(path, search_lines(lines))


def walk(top: str, endings: Tuple[str, ...]) -> Iterator[str]:
    if os.path.isfile(top):
        yield top
        return
    for root, dirs, names in os.walk(top):  # loop: no dirs
        dirs[:] = sorted(d for d in dirs if not d.startswith("."))
        for name in sorted(names):  # loop: yes
            if not endings or name.endswith(endings):
                yield os.path.join(root, name)


def highlight(hit: Hit, colour: bool) -> str:
    if not colour:
        return hit.text
    return hit.text[:hit.start] + "\033[1;31m" + hit.text[hit.start:hit.end] + "\033[0m" + hit.text[hit.end:]


def format_hits(result: FileHits, colour: bool) -> str:
    lines = []
    for hit in result.hits:  # loop: yes
        lines.append(f"{result.path}:{hit.number}: {highlight(hit, colour)}")
    return "\n".join(lines)


def merge_ranges(numbers: List[int], context: int) -> List[Tuple[int, int]]:
    """Line ranges to show around the hits; overlapping ranges become one."""
    ranges: List[Tuple[int, int]] = []
    for number in numbers:  # loop: no ranges
        first, last = max(1, number - context), number + context
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges


def format_context(result: FileHits, context: int) -> str:
    with open(result.path, encoding="utf-8") as fh:
        lines = fh.read().splitlines()
    blocks = []
    numbers = [hit.number for hit in result.hits]
    for first, last in merge_ranges(numbers, context):  # loop: yes
        blocks.append(f"--- {result.path}:{first}\n" + "\n".join(lines[first - 1:last]))
    return "\n".join(blocks)


def format_result(result: FileHits, context: int, colour: bool) -> str:
    if result.error:
        return f"{result.path}: {result.error}"
    if context:
        return format_context(result, context)
    return format_hits(result, colour)


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("expression")
    parser.add_argument("paths", nargs="*", default=["."])
    parser.add_argument("-i", "--ignore-case", action="store_true")
    parser.add_argument("-e", "--ending", action="append", default=[])
    parser.add_argument("-j", "--jobs", type=int, default=4)
    parser.add_argument("-c", "--count", action="store_true")
    parser.add_argument("-C", "--context", type=int, default=0)
    return parser.parse_args(argv)


def main() -> int:
    args = parse_args()
    flags = re.IGNORECASE if args.ignore_case else 0
    paths = [path for top in args.paths for path in walk(top, tuple(args.ending))]  # loop: yes
    with multiprocessing.Pool(args.jobs, initializer=init_worker, initargs=(args.expression, flags)) as pool:
        results = pool.map(search_file, paths, chunksize=16)

    total = 0
    for result in results:  # loop: yes
        total += len(result.hits)
    if args.count:
        print(total)
        return 0 if total else 1

    colour = sys.stdout.isatty()
    for result in results:  # loop: yes
        if result.hits or result.error:
            print(format_result(result, args.context, colour))
    return 0 if total else 1


if __name__ == "__main__":
    sys.exit(main())
