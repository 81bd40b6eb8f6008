#!/usr/bin/env python3
"""Download the daily values of all weather stations of a region."""

import csv
import logging
import pathlib
import re
import time
from typing import Dict, Iterator, List, NamedTuple, Optional

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

ROOT = "https://climate.example.gov/open/daily"
TARGET = pathlib.Path("stations")
STATION_LINE = re.compile(r"^(\d{5})\s+(\d{8})\s+(\d{8})\s+(-?\d+)\s+(.+?)\s{2,}(\S.*)$")

log = logging.getLogger("weather")


class Station(NamedTuple):
    number: str
    first: str
    last: str
    height: int
    name: str
    region: str


class Day(NamedTuple):
    date: str
    low: Optional[float]
    high: Optional[float]
    rain: Optional[float]


def make_session() -> requests.Session:
    session = requests.Session()
    retry = Retry(total=5, backoff_factor=1.0, status_forcelist=(429, 500, 502, 503))
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.headers["User-Agent"] = "station-downloader (contact: weather@example.org)"
    return session


def parse_station(line: str) -> Optional[Station]:
    match = STATION_LINE.match(line)
    if not match:
        return None
    number, first, last, height, name, region = match.groups()
    return Station(number, first, last, int(height), name.strip(), region.strip())


def list_stations(session: requests.Session, region: str) -> List[Station]:
    response = session.get(ROOT + "/stations.txt", timeout=60)
    response.raise_for_status()
    parsed = [parse_station(line) for line in response.text.splitlines()[2:]]  # loop: yes
    return [s for s in parsed if s is not None and s.region == region]


def number_or_none(text: str) -> Optional[float]:
    value = float(text)
    return None if value <= -999 else value


def parse_days(text: str) -> Iterator[Day]:
    for row in csv.reader(text.splitlines()[1:], delimiter=";"):  # loop: yes
        yield Day(row[1], number_or_none(row[2]), number_or_none(row[3]), number_or_none(row[4]))


def longest_dry_period(days: List[Day]) -> int:
    longest = run = 0
    for day in days:  # loop: no run
        if day.rain is not None and day.rain < 0.1:
            run += 1
        else:
            run = 0
        longest = max(longest, run)
    return longest


def degree_days(days: List[Day], base: float = 15.0) -> float:
    total = 0.0
    for day in days:  # loop: yes
        if day.low is None or day.high is None:
            continue
        mean = (day.low + day.high) / 2
        total += max(0.0, base - mean)
    return total


def download(session: requests.Session, station: Station) -> pathlib.Path:
    target = TARGET / f"{station.number}.csv"
    response = session.get(f"{ROOT}/values_{station.number}.csv", timeout=60)
    response.raise_for_status()
    target.write_bytes(response.content)
    time.sleep(0.5)
    return target


def summary(station: Station, path: pathlib.Path) -> Dict[str, object]:
    days = list(parse_days(path.read_text(encoding="latin-1")))
    return {
        "number": station.number,
        "name": station.name,
        "days": len(days),
        "dry": longest_dry_period(days),
        "degree_days": round(degree_days(days), 1),
    }


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    TARGET.mkdir(exist_ok=True)
    session = make_session()
    stations = list_stations(session, "Hochland")
    log.info("%d stations", len(stations))

    rows = []
    for station in stations:  # loop: yes
        try:
            path = download(session, station)
        except requests.RequestException as exc:
            log.error("%s: %s", station.name, exc)
            continue
        rows.append(summary(station, path))

    with open("summary.csv", "w", newline="", encoding="utf-8") as fh:
        writer = csv.DictWriter(fh, fieldnames=["number", "name", "days", "dry", "degree_days"])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
