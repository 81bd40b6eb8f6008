"""Scrape all quotes with a thread pool.

usage: python quotes_threads.py [output.json]
"""
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup

BASE_URL = "https://quotes.example.com"
HEADERS = {"User-Agent": "Mozilla/5.0 (quotes collector)"}

quotes_found = 0
authors = {}


def get_soup(response):
    response.raise_for_status()
    return BeautifulSoup(response.text, "html.parser")


def parse_quote(div):
    return {
        "text": div.select_one(".text").get_text(strip=True).strip("\u201c\u201d"),
        "author": div.select_one(".author").get_text(strip=True),
        "author_url": urljoin(BASE_URL, div.select_one("a[href^='/author']")["href"]),
        "tags": [a.get_text(strip=True) for a in div.select(".tags a.tag")],
    }


def scrape_page(number):
    global quotes_found
    url = "%s/page/%d/" % (BASE_URL, number)
    soup = get_soup(requests.get(url, headers=HEADERS, timeout=15))  # expect: RL313
    quotes = [parse_quote(div) for div in soup.select("div.quote")]  # loop: yes
    quotes_found += len(quotes)  # expect: RL216
    return quotes


def scrape_author(url):
    response = requests.get(url, headers=HEADERS, timeout=15)  # expect: RL313
    soup = get_soup(response)
    name = soup.select_one(".author-title").get_text(strip=True)
    authors[url] = {
        "name": name,
        "born": soup.select_one(".author-born-date").get_text(strip=True),
        "place": soup.select_one(".author-born-location").get_text(strip=True),
    }


def slug(text):
    return "".join(c if c.isalnum() else "-" for c in text.lower()).strip("-")


def save_by_author(quotes, folder):
    os.makedirs(folder, exist_ok=True)
    names = sorted({q["author"] for q in quotes})
    for name in names:  # loop: yes
        own = [q for q in quotes if q["author"] == name]
        with open(os.path.join(folder, slug(name) + ".json"), "w", encoding="utf-8") as f:
            json.dump(own, f, ensure_ascii=False, indent=2)


def number_quotes(quotes):
    # the number starts again with each author
    previous = None
    n = 0
    for q in sorted(quotes, key=lambda q: q["author"]):  # loop: no n
        if q["author"] != previous:
            n = 0
            previous = q["author"]
        n += 1
        q["number"] = n


def main():
    output = sys.argv[1] if len(sys.argv) > 1 else "quotes.json"
    start = time.time()

    all_quotes = []
    with ThreadPoolExecutor(max_workers=10) as executor:
        futures = [executor.submit(scrape_page, n) for n in range(1, 101)]  # loop: no quotes_found
        for future in as_completed(futures):  # loop: yes
            try:
                all_quotes.extend(future.result())
            except requests.RequestException as e:
                print("page failed:", e)

    urls = sorted({q["author_url"] for q in all_quotes})
    with ThreadPoolExecutor(max_workers=10) as executor:
        executor.map(scrape_author, urls)  # expect: RL205

    for q in all_quotes:  # loop: yes
        q["born"] = authors.get(q["author_url"], {}).get("born")
    number_quotes(all_quotes)

    with open(output, "w", encoding="utf-8") as f:
        json.dump(all_quotes, f, ensure_ascii=False, indent=2)
    save_by_author(all_quotes, "authors")
    print("%d quotes in %.1f seconds" % (quotes_found, time.time() - start))


if __name__ == "__main__":
    main()
