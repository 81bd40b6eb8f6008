"""Which links of a list are dead?

    python examples/link_check.py URL...

Without URLs, those of a small server that this script starts on 127.0.0.1 and that takes its time
over every answer, as servers far away do.
"""

import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def check(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def report(urls):
    dead = []
    for url in urls:
        status = check(url)
        if status >= 400:
            dead.append((status, url))
    print(f"{len(urls)} links, {len(dead)} of them dead")
    for status, url in dead:
        print(status, url.rpartition("/")[2])


class SlowPages(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.025)
        self.send_response(404 if self.path.endswith("7") else 200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"page\n")

    def log_message(self, *_):
        pass


def main():
    if len(sys.argv) > 1:
        report(sys.argv[1:])
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowPages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    report([f"{base}/page{number}" for number in range(60)])
    server.shutdown()


if __name__ == "__main__":
    main()
