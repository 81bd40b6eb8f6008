#!/usr/bin/env python3
"""Copy photos from a memory card into folders by year and month.

Usage: python backup_photos.py /media/card ~/Pictures
"""
import hashlib
import os
import shutil
import sys
import time

EXTENSIONS = (".jpg", ".jpeg", ".png", ".cr2", ".mp4")
REPORT_NAME = "backup_report.txt"


def file_hash(path):
    h = hashlib.md5()
    f = open(path, "rb")
    for chunk in iter(lambda: f.read(65536), b""):  # loop: no h
        h.update(chunk)
    f.close()
    return h.hexdigest()


def find_photos(source):
    found = []
    for root, dirs, files in os.walk(source):  # loop: yes
        for name in files:  # loop: yes
            if name.lower().endswith(EXTENSIONS):
                found.append(os.path.join(root, name))
    found.sort()
    return found


def target_folder(path, dest):
    t = time.localtime(os.path.getmtime(path))
    return os.path.join(dest, time.strftime("%Y", t), time.strftime("%m", t))


def free_name(folder, name):
    # IMG_0001.jpg, IMG_0001_1.jpg, IMG_0001_2.jpg ...
    base, ext = os.path.splitext(name)
    candidate = name
    n = 1
    while os.path.exists(os.path.join(folder, candidate)):
        candidate = "%s_%d%s" % (base, n, ext)
        n += 1
    return os.path.join(folder, candidate)


def known_hashes(dest):
    if not os.path.isdir(dest):
        return set()
    return set(file_hash(p) for p in find_photos(dest))  # loop: yes


def total_size(paths):
    total = 0
    for path in paths:  # loop: yes
        total += os.path.getsize(path)
    return total


def write_report(dest, copied, skipped):
    with open(os.path.join(dest, REPORT_NAME), "a") as report:
        report.write("--- %s\n" % time.strftime("%Y-%m-%d %H:%M"))
        for old, new in copied:  # loop: no report
            report.write("%s -> %s\n" % (old, new))
        report.write("%d copied, %d skipped\n" % (len(copied), skipped))


def main():
    if len(sys.argv) != 3:
        print(__doc__)
        return 1
    source = os.path.expanduser(sys.argv[1])
    dest = os.path.expanduser(sys.argv[2])
    if not os.path.isdir(source):
        print("no such folder:", source)
        return 1
    os.makedirs(dest, exist_ok=True)

    photos = find_photos(source)
    print("%d photos, %.1f MB" % (len(photos), total_size(photos) / 1e6))
    known = known_hashes(dest)

    copied = []
    skipped = 0
    for path in photos:  # loop: split file_hash known
        digest = file_hash(path)
        if digest in known:
            skipped += 1
            continue
        folder = target_folder(path, dest)
        os.makedirs(folder, exist_ok=True)
        new_path = free_name(folder, os.path.basename(path))
        shutil.copy2(path, new_path)
        known.add(digest)
        copied.append((path, new_path))

    write_report(dest, copied, skipped)
    print("done:", len(copied), "copied,", skipped, "already there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
