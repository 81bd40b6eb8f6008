#!/usr/bin/env python3
"""Write and verify checksum files.

    checksum.py write  DIRECTORY [-a sha256]
    checksum.py verify DIRECTORY
    checksum.py dups   DIRECTORY
"""
import argparse
import hashlib
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ALGORITHM = "sha256"
NAME = "CHECKSUMS"


def hash_file(path):
    data = path.read_bytes()
    return hashlib.new(ALGORITHM, data).hexdigest()


def list_files(directory):
    files = []
    for path in sorted(directory.rglob("*")):  # loop: yes
        if path.is_file() and path.name != NAME:
            files.append(path)
    return files


def hash_files(files):
    with ProcessPoolExecutor(os.cpu_count()) as pool:  # expect: RL305, RL501
        digests = list(pool.map(hash_file, files, chunksize=8))  # expect: RL102
    return dict(zip(files, digests))


def read_list(path):
    """Relative name -> digest, and the algorithm of the first line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    algorithm = lines[0].removeprefix("# ")
    expected = {}
    for line in lines[1:]:  # loop: yes
        digest, name = line.split("  ", 1)
        expected[name] = digest
    return algorithm, expected


def write_list(directory, digests):
    with open(directory / NAME, "w", encoding="utf-8") as out:
        out.write("# %s\n" % ALGORITHM)
        for path, digest in digests.items():  # loop: no out
            out.write("%s  %s\n" % (digest, path.relative_to(directory)))


def compare(directory, expected, digests):
    problems = []
    found = {str(path.relative_to(directory)): digest for path, digest in digests.items()}
    for name, digest in expected.items():  # loop: yes
        if name not in found:
            problems.append("missing  " + name)
        elif found[name] != digest:
            problems.append("changed  " + name)
    problems.extend("new      " + name for name in sorted(set(found) - set(expected)))
    return problems


def group_duplicates(digests):
    groups = []
    previous = None
    for path, digest in sorted(digests.items(), key=lambda item: item[1]):  # loop: no previous
        if digest == previous:
            groups[-1].append(path)
        else:
            groups.append([path])
        previous = digest
    return [g for g in groups if len(g) > 1]


def wasted(group):
    return group[0].stat().st_size * (len(group) - 1)


def make_parser():
    parser = argparse.ArgumentParser(description="checksums of a directory tree")
    sub = parser.add_subparsers(dest="command", required=True)
    write = sub.add_parser("write")
    write.add_argument("directory", type=Path)
    write.add_argument("-a", "--algorithm", default="sha256", choices=sorted(hashlib.algorithms_guaranteed))
    verify = sub.add_parser("verify")
    verify.add_argument("directory", type=Path)
    dups = sub.add_parser("dups")
    dups.add_argument("directory", type=Path)
    return parser


def main():
    global ALGORITHM
    args = make_parser().parse_args()
    files = list_files(args.directory)

    if args.command == "write":
        ALGORITHM = args.algorithm
        write_list(args.directory, hash_files(files))
        return 0

    if args.command == "verify":
        ALGORITHM, expected = read_list(args.directory / NAME)
        problems = compare(args.directory, expected, hash_files(files))
        print("\n".join(problems) or "all files are unchanged")
        return 1 if problems else 0

    groups = group_duplicates(hash_files(files))
    groups.sort(key=wasted, reverse=True)
    for group in groups:  # loop: yes
        print(wasted(group), *group, sep="\n    ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
