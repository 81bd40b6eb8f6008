"""Archive the topics of a discussion board as text files."""
import asyncio
import re
import sys
import time
from pathlib import Path

import httpx
from bs4 import BeautifulSoup

BOARD = "https://forum.example.net"
ARCHIVE = Path("archive")


class Topic:
    def __init__(self, number: int, title: str, pages: int):
        self.number = number
        self.title = title
        self.pages = pages

    @property
    def path(self) -> Path:
        name = re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")
        return ARCHIVE / f"{self.number:06d}-{name[:40]}.txt"

    def urls(self) -> list:
        return [f"{BOARD}/t/{self.number}?page={n}" for n in range(1, self.pages + 1)]


async def fetch(client, url):
    time.sleep(0.3)  # expect: RL206
    try:
        response = await client.get(url)
        response.raise_for_status()
    except BaseException as exc:  # expect: RL223
        print("cannot read", url, exc)
        return ""
    return response.text


def parse_topic(row) -> Topic:
    link = row.select_one("a.title")
    pages = row.select_one(".pages")
    number = int(re.search(r"/t/(\d+)", link["href"]).group(1))
    return Topic(number, link.get_text(strip=True), int(pages.text) if pages else 1)


def parse_posts(html: str) -> list:
    soup = BeautifulSoup(html, "html.parser")
    posts = []
    for div in soup.select("div.post"):  # loop: yes
        author = div.select_one(".author").get_text(strip=True)
        body = div.select_one(".body").get_text("\n", strip=True)
        posts.append((author, body))
    return posts


async def list_topics(client) -> list:
    topics = []
    url = BOARD + "/latest"
    while url:
        soup = BeautifulSoup(await fetch(client, url), "html.parser")
        topics += [parse_topic(row) for row in soup.select("tr.topic")]  # loop: yes
        following = soup.select_one("a[rel=next]")
        url = BOARD + following["href"] if following else None
    return topics


async def read_topic(client, topic: Topic) -> list:
    pages = []
    for url in topic.urls():  # loop: no print
        html = await fetch(client, url)  # expect: RL109
        pages.append(html)
    posts = []
    for html in pages:  # loop: yes
        posts.extend(parse_posts(html))
    return posts


def merge_double_posts(posts: list) -> list:
    """Two posts in a row by one author become one."""
    merged = []
    for author, body in posts:  # loop: no merged
        if merged and merged[-1][0] == author:
            merged[-1] = (author, merged[-1][1] + "\n\n" + body)
        else:
            merged.append((author, body))
    return merged


def write_topic(topic: Topic, posts: list) -> None:
    blocks = [f"## {author}\n\n{body}\n" for author, body in posts]
    topic.path.write_text(f"# {topic.title}\n\n" + "\n".join(blocks), encoding="utf-8")


def newest_number() -> int:
    numbers = [int(p.name[:6]) for p in ARCHIVE.glob("??????-*.txt")]
    return max(numbers, default=0)


async def archive_topic(client, topic: Topic) -> int:
    posts = merge_double_posts(await read_topic(client, topic))
    write_topic(topic, posts)
    return len(posts)


async def main(limit: int) -> None:
    ARCHIVE.mkdir(exist_ok=True)
    async with httpx.AsyncClient(timeout=30) as client:
        topics = await list_topics(client)
        newest = newest_number()
        new = [t for t in topics if t.number > newest][:limit]
        counts = {}
        for topic in new:  # loop: no print
            counts[topic.number] = await archive_topic(client, topic)  # expect: RL109
    print(sum(counts.values()), "posts in", len(counts), "topics")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
