"""Check all links of a web site.

    python link_checker.py https://www.example.com/

Pages of the same host are followed, other links are only tried.
"""
import queue
import sys
import threading
import time
import urllib.error
import urllib.request
import urllib.robotparser
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

AGENT = "linkcheck/0.9"


class LinkParser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links = []

    def handle_starttag(self, tag, attrs):
        name = "src" if tag in ("img", "script") else "href"
        if tag in ("a", "img", "script", "link"):
            self.links.extend(value for key, value in attrs if key == name and value)


def extract_links(html, base):
    parser = LinkParser()
    parser.feed(html)
    links = []
    for link in parser.links:  # loop: yes
        url = urldefrag(urljoin(base, link))[0]
        if url.startswith("http"):
            links.append(url)
    return links


def fetch(url):
    request = urllib.request.Request(url, headers={"User-Agent": AGENT})
    with urllib.request.urlopen(request, timeout=20) as answer:
        kind = answer.headers.get_content_type()
        body = answer.read() if kind == "text/html" else b""
    return body.decode("utf-8", "replace")


class Checker:
    def __init__(self, start):
        self.start = start
        self.host = urlsplit(start).netloc
        self.queue = queue.Queue()
        self.seen = set()
        self.lock = threading.Lock()
        self.robots = {}
        self.broken = []

    def enqueue(self, url, source):
        with self.lock:
            if url in self.seen:
                return
            self.seen.add(url)
        self.queue.put((url, source))

    def load_robots(self, host):
        parser = urllib.robotparser.RobotFileParser("https://%s/robots.txt" % host)
        try:
            parser.read()
        except OSError:
            parser.allow_all = True
        return parser

    def allowed(self, url):
        host = urlsplit(url).netloc
        if host not in self.robots:  # expect: RL218
            self.robots[host] = self.load_robots(host)
        return self.robots[host].can_fetch(AGENT, url)

    def check(self, url, source):
        if not self.allowed(url):
            return
        try:
            html = fetch(url)
        except (urllib.error.URLError, TimeoutError) as exc:
            self.broken.append((source, url, str(exc)))
            return
        if urlsplit(url).netloc == self.host:
            for link in extract_links(html, url):  # loop: no self.seen
                self.enqueue(link, url)

    def worker(self):
        while not self.queue.empty():  # expect: RL221
            url, source = self.queue.get()
            self.check(url, source)

    def run(self):
        self.enqueue(self.start, "(start)")
        url, source = self.queue.get()
        self.check(url, source)
        threads = [threading.Thread(target=self.worker) for _ in range(10)]  # loop: no self.queue
        for t in threads:  # loop: no self.queue
            t.start()
        for t in threads:  # loop: yes
            t.join()


def report(broken):
    lines = []
    last = None
    for source, url, reason in sorted(broken):  # loop: no last
        if source != last:
            lines.append("\n" + source)
            last = source
        lines.append("    %s: %s" % (url, reason))
    return "\n".join(lines)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    checker = Checker(sys.argv[1])
    started = time.time()
    checker.run()
    print(report(checker.broken))
    print("%d links in %.1f s, %d broken" % (len(checker.seen), time.time() - started, len(checker.broken)))
    return 1 if checker.broken else 0


if __name__ == "__main__":
    sys.exit(main())
