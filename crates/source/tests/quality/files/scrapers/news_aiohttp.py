import asyncio
import hashlib
import json
import os
import re
from datetime import datetime
from urllib.parse import urljoin, urlparse

import aiohttp
from bs4 import BeautifulSoup

START = [
    "https://news.example.org/politics",
    "https://news.example.org/economy",
    "https://news.example.org/science",
    "https://news.example.org/sports",
]
OUT_DIR = "articles"
DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


async def fetch(session, url):
    async with session.get(url, timeout=aiohttp.ClientTimeout(total=30)) as resp:
        resp.raise_for_status()
        return await resp.text()


def parse_links(html, base):
    soup = BeautifulSoup(html, "html.parser")
    links = set()
    for a in soup.select("article a[href]"):  # loop: yes
        url = urljoin(base, a["href"]).split("#")[0]
        if urlparse(url).netloc == urlparse(base).netloc:
            links.add(url)
    return links


def parse_date(text):
    m = DATE.search(text or "")
    if not m:
        return None
    return datetime(int(m.group(1)), int(m.group(2)), int(m.group(3)))


def parse_article(html, url):
    soup = BeautifulSoup(html, "html.parser")
    time_tag = soup.find("time")
    paragraphs = [p.get_text(" ", strip=True) for p in soup.select("article p")]
    return {
        "url": url,
        "title": soup.h1.get_text(strip=True) if soup.h1 else "",
        "date": str(parse_date(time_tag.get("datetime")) if time_tag else None),
        "text": "\n".join(p for p in paragraphs if p),
    }


async def get_links(session, section):
    html = await fetch(session, section)
    return parse_links(html, section)


async def get_article(session, url):
    html = await fetch(session, url)
    return parse_article(html, url)


def file_name(url):
    return hashlib.sha1(url.encode()).hexdigest()[:16] + ".json"


def save(article):
    path = os.path.join(OUT_DIR, file_name(article["url"]))
    with open(path, "w", encoding="utf-8") as f:
        json.dump(article, f, ensure_ascii=False)


def known_urls():
    known = []
    for name in os.listdir(OUT_DIR):  # loop: yes
        with open(os.path.join(OUT_DIR, name), encoding="utf-8") as f:
            known.append(json.load(f)["url"])
    return set(known)


async def main():
    os.makedirs(OUT_DIR, exist_ok=True)
    known = known_urls()

    async with aiohttp.ClientSession(headers={"User-Agent": "newsbot/0.3"}) as session:
        sections = await asyncio.gather(
            get_links(session, START[0]),
            get_links(session, START[1]),
            get_links(session, START[2]),
            get_links(session, START[3]),
        )
        new = sorted(set().union(*sections) - known)

        tasks = []
        for url in new:  # loop: yes
            tasks.append(asyncio.ensure_future(get_article(session, url)))
        results = await asyncio.gather(*tasks, return_exceptions=True)  # expect: RL306

    failed = 0
    for result in results:  # loop: yes
        if isinstance(result, Exception):
            failed += 1
        else:
            save(result)
    print(len(results) - failed, "new articles,", failed, "failed")


if __name__ == "__main__":
    loop = asyncio.get_event_loop()  # expect: RL502
    loop.run_until_complete(main())
