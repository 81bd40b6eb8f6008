"""The CPythons on this machine."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

VERSIONS = [f"3.{minor}{build}" for minor in range(10, 16) for build in ("", "t")]
# Every hard case runs on these; every other one gets a smoke test.
THOROUGH = ["3.11", "3.13"]


@functools.cache
def find(version):
    """The interpreter of this version (`3.13`, `3.13t`), or None."""
    on_path = shutil.which(f"python{version}")
    return next((path for path in [on_path, *_under_pyenv(version)] if path and _is(path, version)), None)


def found():
    return [version for version in VERSIONS if find(version)]


def _under_pyenv(version):
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [str(path) for path in sorted(root.glob(f"versions/*/bin/python{version}"), reverse=True)]


def _is(path, version):
    # A pyenv shim is on PATH for versions that are not switched on; it fails when it is run.
    code = (
        "import sys, sysconfig, platform; print(platform.python_implementation(), "
        "'%d.%d' % sys.version_info[:2] + 't' * bool(sysconfig.get_config_var('Py_GIL_DISABLED')))"
    )
    answer = subprocess.run([path, "-c", code], capture_output=True, text=True)
    return answer.stdout.split() == ["CPython", version]
