from os import PathLike

__version__: str

def main(argv: list[str], executable: str | PathLike[str] | None) -> int: ...
