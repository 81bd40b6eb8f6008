"""site-audit: titles, sizes and headers of the pages of a site map."""
from __future__ import annotations

import csv
import re
import threading
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Optional

import httpx
import typer

app = typer.Typer(add_completion=False)
local = threading.local()

NS = {"sm": "http://www.sitemaps.org/schemas/sitemap/0.9"}
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.S | re.I)
HEADING = re.compile(r"<h([1-6])\b", re.I)


@dataclass
class Page:
    url: str
    status: int
    size: int
    title: str
    jumps: int
    cache: str


def client() -> httpx.Client:
    """One client for each thread."""
    if getattr(local, "client", None) is None:
        local.client = httpx.Client(timeout=15, headers={"User-Agent": "site-audit"})
    return local.client


def heading_jumps(html: str) -> int:
    """How often a heading level is left out (h2 followed by h4)."""
    jumps = 0
    level = 1
    for found in HEADING.findall(html):  # loop: no level
        new = int(found)
        if new > level + 1:
            jumps += 1
        level = new
    return jumps


def audit(url: str) -> Page:
    response = client().get(url)
    match = TITLE.search(response.text)
    return Page(
        url=url,
        status=response.status_code,
        size=len(response.content),
        title=" ".join(match.group(1).split()) if match else "",
        jumps=heading_jumps(response.text),
        cache=response.headers.get("cache-control", ""),
    )


def read_sitemap(base: str) -> list[str]:
    response = client().get(base.rstrip("/") + "/sitemap.xml")
    response.raise_for_status()
    root = ET.fromstring(response.content)
    return [node.text.strip() for node in root.iterfind("sm:url/sm:loc", NS)]


def head(url: str) -> tuple[str, int]:
    return url, client().head(url).status_code


def duplicate_titles(pages: list[Page]) -> list[tuple[str, str]]:
    first: dict[str, str] = {}
    pairs = []
    for page in pages:  # loop: no first
        if page.title in first:
            pairs.append((first[page.title], page.url))
        else:
            first[page.title] = page.url
    return pairs


def save(pages: list[Page], target: Path) -> None:
    names = [f.name for f in fields(Page)]
    with target.open("w", newline="", encoding="utf-8") as fh:
        writer = csv.DictWriter(fh, names)
        writer.writeheader()
        for page in pages:  # loop: no writer
            writer.writerow(vars(page))


@app.command()
def site(
    base: str,
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("audit.csv"),
    limit: Optional[int] = None,
) -> None:
    """Audit every page of BASE/sitemap.xml."""
    urls = read_sitemap(base)[:limit]
    pages = []
    with ThreadPoolExecutor(max_workers=8) as pool:
        for url in urls:  # loop: yes
            page = pool.submit(audit, url).result()  # expect: RL110
            pages.append(page)
    save(pages, output)
    for entry in entry_points(group="site_audit.reports"):  # loop: unknown
        entry.load()(pages)
    for a, b in duplicate_titles(pages):  # loop: yes
        typer.echo(f"same title: {a} {b}")


@app.command()
def page(url: str, patience: float = 20.0) -> None:
    """Audit one page, but do not wait longer than PATIENCE seconds."""
    with ThreadPoolExecutor(max_workers=1) as pool:  # expect: RL104
        result = pool.submit(audit, url).result(timeout=patience)
    typer.echo(f"{result.status} {result.size} {result.title}")


@app.command()
def wellknown(base: str) -> None:
    """Are the usual files there?"""
    with ThreadPoolExecutor(max_workers=16) as pool:  # expect: RL311
        answers = list(pool.map(head, [base + "/robots.txt", base + "/favicon.ico", base + "/sitemap.xml"]))
    for url, status in answers:  # loop: yes
        typer.echo(f"{status} {url}")


if __name__ == "__main__":
    app()
