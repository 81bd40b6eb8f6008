"""The code of the program's files, with hooks in it: compiled ahead (`ahead.py`), or now."""

from _imp import _fix_co_filename
from marshal import loads


def compiled_ahead(home):
    """What `ahead.py` left."""
    try:
        with open(home + "/codes", "rb") as file:
            return loads(file.read())
    except (OSError, ValueError, EOFError, TypeError):
        return {}


class Codes:
    """Hands out code that is ready to run."""

    def __init__(self, load, hooks):
        self.load = load
        self.hooks = hooks
        self.ahead = compiled_ahead(load.home)

    def get(self, source, name, file, guarded):
        """The code of `file`, whose text `source` is, under the name `name`; `guarded` as the main
        program."""
        code, wanted, unmatched = self.known(source, name, file, guarded) or self.load("transform")["compiled"](
            source, name, file.spots, guarded
        )
        self.hooks.add(wanted, unmatched)
        return self.hooks.fill(code)

    def known(self, source, name, file, guarded):
        entry = self.ahead.get(file.path)
        if entry is None or entry[:2] != (self.load("plan")["fingerprint"](source), guarded):
            return None
        code = loads(entry[2])
        _fix_co_filename(code, name)
        return code, *entry[3:]
