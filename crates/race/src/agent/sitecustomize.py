"""Comes first in every Python of a race, puts the race's hooks in place and makes way for the real
`sitecustomize`, if there is one."""

import sys


def begin(here):
    """Installs the hooks and takes our folder and modules out of sight."""
    # Ours are kept compiled whatever the program's are.
    wanted, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        import rightlane_race_hook
    finally:
        sys.dont_write_bytecode = wanted

    rightlane_race_hook.install(here.rpartition("/")[0])
    sys.path[:] = [entry for entry in sys.path if entry != here]
    sys.path_importer_cache.pop(here, None)
    for name in [name for name in sys.modules if name.startswith("rightlane_race_")]:
        del sys.modules[name]


begin(__file__.rpartition("/")[0])
# Where there is none this raises ImportError, which `site` takes for that.
del sys.modules["sitecustomize"]
import sitecustomize  # noqa: E402, F401
