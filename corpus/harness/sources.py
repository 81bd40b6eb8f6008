"""Python files of the standard library and of installed packages, for reading."""

import sysconfig
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SourceFile:
    path: Path
    text: bytes


def python_files(packages):
    """Every `.py` file of this Python's standard library and under `packages`, sorted."""
    library = Path(sysconfig.get_path("stdlib"))
    paths = [path for path in library.rglob("*.py") if "site-packages" not in path.parts]
    paths += packages.rglob("*.py")
    return [SourceFile(path, path.read_bytes()) for path in sorted(paths)]
