"""Convert survey tables between formats and clean them on the way."""
import json
from concurrent.futures import ProcessPoolExecutor
from enum import Enum
from pathlib import Path
from typing import List

import pandas as pd
import typer

app = typer.Typer(help=__doc__)


class Format(str, Enum):
    csv = "csv"
    json = "json"
    parquet = "parquet"


def read_table(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path)
    if path.suffix == ".json":
        return pd.read_json(path)
    return pd.read_parquet(path)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".json":
        frame.to_json(path, orient="records")
    else:
        frame.to_parquet(path)


def tidy_name(name: str) -> str:
    cleaned = "".join(c if c.isalnum() else "_" for c in name.strip().lower())
    while "__" in cleaned:
        cleaned = cleaned.replace("__", "_")
    return cleaned.strip("_")


def unique_names(names: List[str]) -> List[str]:
    """a, b, a -> a, b, a_2"""
    used: set = set()
    result = []
    for name in names:  # loop: no used
        candidate = name
        number = 2
        while candidate in used:
            candidate = f"{name}_{number}"
            number += 1
        used.add(candidate)
        result.append(candidate)
    return result


def fill_down(values: list) -> list:
    """Empty cells get the value above."""
    current = None
    result = []
    for value in values:  # loop: no current
        if value == value and value not in (None, ""):
            current = value
        result.append(current)
    return result


def convert(path: Path, fmt: Format) -> int:
    frame = read_table(path)
    frame.columns = unique_names([tidy_name(str(c)) for c in frame.columns])  # loop: yes
    if "group" in frame.columns:
        frame["group"] = fill_down(frame["group"].tolist())
    write_table(frame, path.with_suffix("." + fmt.value))
    return len(frame)


def recode(path: Path, codes: pd.DataFrame) -> int:
    frame = read_table(path)
    mapping = dict(zip(codes["code"], codes["label"]))
    for column in frame.columns:  # loop: yes
        if column.endswith("_code"):
            frame[column] = [mapping.get(value, value) for value in frame[column]]
    write_table(frame, path.with_name(path.stem + "_labels" + path.suffix))
    return len(frame)


def count_answers(path: Path) -> dict:
    frame = read_table(path)
    return {"file": path.name, "rows": len(frame), "empty": int(frame.isna().sum().sum())}


@app.command()
def folders(directories: List[Path], to: Format = Format.parquet) -> None:
    """Convert all CSV files of some directories."""
    total = 0
    for directory in directories:  # loop: yes
        paths = sorted(directory.glob("*.csv"))
        with ProcessPoolExecutor(max_workers=4) as pool:  # expect: RL301
            total += sum(pool.map(lambda p: convert(p, to), paths))  # expect: RL202
    typer.echo(f"{total} rows converted")


@app.command()
def labels(paths: List[Path], codebook: Path = typer.Option(...)) -> None:
    """Replace answer codes by their labels."""
    codes = pd.read_csv(codebook, dtype=str)
    futures = []
    with ProcessPoolExecutor(max_workers=4) as pool:
        for path in paths:  # loop: yes
            futures.append(pool.submit(recode, path, codes))  # expect: RL304
    rows = [future.result() for future in futures]
    typer.echo(f"{sum(rows)} rows in {len(rows)} files")


@app.command()
def single(path: Path, to: Format = Format.csv) -> None:
    """Convert one file."""
    typer.echo(f"{convert(path, to)} rows")


@app.command()
def survey(directory: Path, output: Path = Path("survey.json")) -> None:
    """Count rows and empty cells."""
    reports = [count_answers(path) for path in sorted(directory.glob("*.csv"))]  # loop: yes
    output.write_text(json.dumps(reports, indent=2))
    for report in reports:  # loop: yes
        typer.echo("{file:30s} {rows:8d} {empty:8d}".format(**report))


if __name__ == "__main__":
    app()
