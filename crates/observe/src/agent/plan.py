"""What to instrument, as the file `plan` beside this one says."""

from _imp import source_hash


def fingerprint(source):
    """Tells whether a file is still the same."""
    return source_hash(1, source)


class File:
    """A file of the program, and the loops, calls, mapped functions and functions to watch in it."""

    def __init__(self, path, is_main):
        self.path = path
        self.is_main = is_main
        self.spots = ([], [], [], [])


class Plan:
    """All of it."""

    def __init__(self, text):
        lines = text.decode("ascii").splitlines()
        self.kind = lines[0].split()[2]
        self.main = File(None, True)
        self.files = {}
        for line in lines[1:]:
            word, *rest = line.split()
            if word == "file":
                path = bytes.fromhex(rest[1]).decode("utf-8", "surrogateescape")
                file = self.files.setdefault(path, File(path, rest[0] == "main"))
                if file.is_main:
                    self.main = file
            elif word == "loop":
                file.spots[0].append((rest[0], rest[1].split(","), *map(int, rest[2:])))
            elif word == "capture":
                file.spots[3].append(tuple(bytes.fromhex(one).decode("utf-8", "surrogateescape") for one in rest))
            else:
                file.spots[1 if word == "call" else 2].append(tuple(map(int, rest)))
