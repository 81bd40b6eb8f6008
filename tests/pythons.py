"""The CPythons on this machine: on PATH, under pyenv, and those that tools/pythons obtained."""

import functools
import os
import subprocess
from pathlib import Path

VERSIONS = [f"3.{minor}{build}" for minor in range(10, 16) for build in ("", "t")]
# Every hard case runs on these; every other one gets a smoke test.
THOROUGH = ["3.11", "3.13"]
# Each in a folder of its own, called after its version.
OBTAINED = Path(__file__).resolve().parent.parent / "target" / "pythons"


@functools.cache
def find(version):
    """The interpreter of this version (`3.13`, `3.13t`), or None."""
    return next((str(path) for path in _candidates(version) if runs(path, version)), None)


def found():
    return [version for version in VERSIONS if find(version)]


def runs(path, version):
    """Whether there is a CPython of this version that runs."""
    code = (
        "import sys, sysconfig, platform; print(platform.python_implementation(), "
        "'%d.%d' % sys.version_info[:2] + 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED')))"
    )
    try:
        answer = subprocess.run([path, "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return answer.stdout.split() == ["CPython", version]


def _candidates(version):
    name = f"python{version}"
    # A pyenv shim is on PATH for versions that are not switched on, and fails; another may follow.
    yield from (Path(folder) / name for folder in os.get_exec_path())
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/*/bin/{name}"), reverse=True)
    yield OBTAINED / version / "bin" / name
