"""Four threads fetch pages of a slow server, but hold a lock meanwhile: an example for `rightlane observe`."""

import concurrent.futures
import http.server
import json
import threading
import time
import urllib.request

PAGES = 40
DELAY = 0.05
limit = threading.Lock()


class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(DELAY)
        body = json.dumps({"path": self.path, "numbers": list(range(2000))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def fetch(address):
    # The lock is held during the whole request: the four threads take turns.
    with limit, urllib.request.urlopen(address) as answer:
        return json.load(answer)


def summarize(page):
    return sum(number * number % 7 for number in page["numbers"] for _ in range(20))


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, name="server", daemon=True).start()
    addresses = [f"http://127.0.0.1:{server.server_port}/{number}" for number in range(PAGES)]
    with concurrent.futures.ThreadPoolExecutor(4, "fetcher") as executor:
        print(sum(map(summarize, executor.map(fetch, addresses))))
    server.shutdown()


if __name__ == "__main__":
    main()
