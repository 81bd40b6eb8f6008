"""Where did all the disk space go?

Prints the biggest folders and file types under a directory. Symbolic links
are not followed.
"""

import os
import sys
from operator import itemgetter

UNITS = ["B", "KB", "MB", "GB", "TB"]


def human(size):
    index = 0
    while size >= 1024 and index < len(UNITS) - 1:
        size /= 1024.0
        index += 1
    return "%.1f %s" % (size, UNITS[index])


def folder_size(path):
    """Size of everything below path, recursively."""
    total = 0
    try:
        entries = list(os.scandir(path))
    except PermissionError:
        return 0
    for entry in entries:  # loop: yes
        if entry.is_symlink():
            continue
        if entry.is_dir():
            total += folder_size(entry.path)
        else:
            total += entry.stat().st_size
    return total


def subfolders(path):
    result = []
    with os.scandir(path) as it:
        for entry in it:  # loop: yes
            if entry.is_dir(follow_symlinks=False):
                result.append(entry.path)
    return sorted(result)


def all_files(path):
    for root, dirs, files in os.walk(path):  # loop: no dirs
        # do not descend into version control data
        dirs[:] = [d for d in dirs if d not in (".git", ".hg", ".svn")]
        for name in files:  # loop: yes
            full = os.path.join(root, name)
            if not os.path.islink(full):
                yield full


def extension_of(path):
    ext = os.path.splitext(path)[1].lower()
    return ext or "(none)"


def sizes_by_extension(paths):
    pairs = []
    for path in paths:  # loop: yes
        try:
            pairs.append((extension_of(path), os.path.getsize(path)))
        except OSError:
            continue
    pairs.sort()

    # pairs are sorted, so equal extensions stand next to each other
    groups = []
    current = None
    subtotal = 0
    for ext, size in pairs:  # loop: no subtotal
        if ext != current:
            if current is not None:
                groups.append((current, subtotal))
            current = ext
            subtotal = 0
        subtotal += size
    if current is not None:
        groups.append((current, subtotal))
    return groups


def print_table(title, rows, limit=15):
    print(title)
    print("-" * len(title))
    for name, size in sorted(rows, key=itemgetter(1), reverse=True)[:limit]:  # loop: yes
        print("%12s  %s" % (human(size), name))
    print()


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else "."
    top = os.path.abspath(top)

    folders = [(path, folder_size(path)) for path in subfolders(top)]  # loop: yes
    print_table("Folders in " + top, folders)

    files = list(all_files(top))
    print_table("File types", sizes_by_extension(files))

    big = [(path, os.path.getsize(path)) for path in files if os.path.exists(path)]  # loop: yes
    print_table("Largest files", big)


if __name__ == "__main__":
    main()
