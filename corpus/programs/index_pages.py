"""Download the pages of a site and count the words under their headings."""
import subprocess
import sys
import urllib.request
import zlib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

SERVER = Path(__file__).resolve().parent.parent / "servers" / "web.py"
PAGES = 80


class PageParser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words, self.links, self.inside = Counter(), [], None

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        if tag == "a":
            self.links.append(dict(attrs).get("href"))

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "p":
            self.words.update(data.split())


def start_server(delay):
    process = subprocess.Popen([sys.executable, str(SERVER), "--delay", str(delay)],
                               stdout=subprocess.PIPE, text=True)
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"


def index_page(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        html = response.read().decode()
    parser = PageParser()
    parser.feed(html)
    return url.rpartition("/")[2], parser.words.most_common(8), len(set(parser.links))


def summary(index):
    return f"{len(index)} pages, checksum {zlib.crc32(repr(sorted(index.items())).encode()):08x}"


def main():
    process, base = start_server(delay=0.015)
    try:
        index = {}
        for number in range(PAGES):
            name, words, links = index_page(f"{base}/page/{number}")
            index[name] = (words, links)
        print(summary(index))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
