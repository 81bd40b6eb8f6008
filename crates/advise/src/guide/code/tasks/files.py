from pathlib import Path

ITEMS = sorted(Path(__file__).parent.glob("*.py"))


def work(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").count("\n")
    return f"{path.name}: {lines} lines"
