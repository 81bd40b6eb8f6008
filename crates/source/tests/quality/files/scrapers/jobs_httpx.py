"""Collect job offers from the boards in BOARDS, politely and concurrently."""
from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
from bs4 import BeautifulSoup, Tag

log = logging.getLogger("jobs")


@dataclass(frozen=True)
class Board:
    name: str
    search_url: str
    item_css: str
    title_css: str
    company_css: str
    max_pages: int = 5


@dataclass
class Job:
    board: str
    title: str
    company: str
    url: str
    description: str = ""
    keywords: list[str] = field(default_factory=list)


BOARDS = [
    Board("north", "https://north.example/jobs?p={page}&q={query}", ".job", "h2 a", ".firm"),
    Board("south", "https://south.example/search/{query}/{page}", "li.offer", "a.title", ".company", max_pages=3),
]
KEYWORDS = ("python", "rust", "kubernetes", "postgres", "remote")


class Collector:
    def __init__(self, client: httpx.AsyncClient, query: str, limit: int = 8) -> None:
        self.client = client
        self.query = query
        self.limit = asyncio.Semaphore(limit)

    async def get(self, url: str) -> str:
        async with self.limit:
            response = await self.client.get(url)
        response.raise_for_status()
        return response.text

    async def page(self, board: Board, number: int) -> list[Job]:
        url = board.search_url.format(query=self.query, page=number)
        try:
            html = await self.get(url)
        except httpx.HTTPError as exc:
            log.warning("%s: %s", url, exc)
            return []
        soup = BeautifulSoup(html, "html.parser")
        return [parse_job(board, item) for item in soup.select(board.item_css)]  # loop: yes

    async def describe(self, job: Job) -> Job:
        async with self.limit:
            response = await self.client.get(job.url)
        if response.is_success:
            job.description = text_of(response.text)
            job.keywords = [word for word in KEYWORDS if word in job.description.lower()]
        return job

    async def collect(self, boards: Iterable[Board]) -> list[Job]:
        async with asyncio.TaskGroup() as group:
            tasks = []
            for board in boards:  # loop: yes
                for number in range(1, board.max_pages + 1):  # loop: yes
                    tasks.append(group.create_task(self.page(board, number)))
        jobs = unique(job for task in tasks for job in task.result())
        async with asyncio.TaskGroup() as group:
            described = [group.create_task(self.describe(job)) for job in jobs]  # loop: yes
        return [task.result() for task in described]


def parse_job(board: Board, item: Tag) -> Job:
    link = item.select_one(board.title_css)
    company = item.select_one(board.company_css)
    return Job(
        board=board.name,
        title=link.get_text(" ", strip=True),
        company=company.get_text(strip=True) if company else "",
        url=str(httpx.URL(board.search_url.split("?")[0]).join(link["href"])),
    )


def text_of(html: str) -> str:
    soup = BeautifulSoup(html, "html.parser")
    parts = [tag.get_text(" ", strip=True) for tag in soup.select("main p, main li")]
    return "\n".join(part for part in parts if part)


def unique(jobs: Iterable[Job]) -> list[Job]:
    """The first offer of each title and company."""
    seen: set[tuple[str, str]] = set()
    result = []
    for job in jobs:  # loop: no seen
        key = (job.title.casefold(), job.company.casefold())
        if key not in seen:
            seen.add(key)
            result.append(job)
    return result


async def main(query: str, target: Path) -> None:
    headers = {"User-Agent": "job-collector/1.2"}
    async with httpx.AsyncClient(headers=headers, timeout=20, follow_redirects=True) as client:
        jobs = await Collector(client, query).collect(BOARDS)
    records = [asdict(job) for job in jobs]  # loop: yes
    target.write_text(json.dumps(records, indent=2, ensure_ascii=False), encoding="utf-8")
    log.info("%d offers written to %s", len(records), target)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "python", Path("jobs.json")))
