"""Comes first in every Python of a race, puts the race's hooks in place and makes way for the real
`sitecustomize`, if there is one."""

import sys


def begin(here):
    """Installs the hooks and takes our modules out of sight."""
    # Ours are kept compiled whatever the program's are.
    wanted, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        import rightlane_race_hook
    finally:
        sys.dont_write_bytecode = wanted

    rightlane_race_hook.install(here.rpartition("/")[0])
    for name in [name for name in sys.modules if name.startswith("rightlane_race_")]:
        del sys.modules[name]


HERE = __file__.rpartition("/")[0]
# A program may start other Pythons, too.
if sys.implementation.name == "cpython" and sys.version_info >= (3, 10):
    begin(HERE)
sys.path[:] = [entry for entry in sys.path if entry != HERE]
sys.path_importer_cache.pop(HERE, None)
# Where there is none this raises ImportError, which `site` takes for that.
del sys.modules["sitecustomize"]
import sitecustomize  # noqa: E402, F401
