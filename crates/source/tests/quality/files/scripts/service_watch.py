"""Watch a list of TCP services and write a status page."""
import html
import importlib
import json
import socket
import threading
import time
from pathlib import Path


class Service:
    def __init__(self, name, host, port):
        self.name = name
        self.host = host
        self.port = int(port)

    def check(self, timeout=5.0):
        started = time.monotonic()
        with socket.create_connection((self.host, self.port), timeout=timeout):
            pass
        return time.monotonic() - started

    def __repr__(self):
        return "Service(%r, %r, %r)" % (self.name, self.host, self.port)


class Watcher:
    def __init__(self, services, page, hooks=()):
        self.services = services
        self.hooks = hooks
        self.page = Path(page)
        self.status = {}
        self.failures = 0
        self.history = []

    def probe(self, service):
        try:
            seconds = service.check()
        except OSError as exc:
            self.failures += 1  # expect: RL216
            self.status[service.name] = "down: %s" % exc
        else:
            self.status[service.name] = "up, %.0f ms" % (seconds * 1000)

    def probe_all(self):
        self.failures = 0
        threads = []
        for service in self.services:  # loop: no self.failures
            t = threading.Thread(target=self.probe, args=(service,))  # expect: RL105
            t.start()
            threads.append(t)
        for t in threads:  # loop: yes
            t.join()
        self.history.append((time.time(), self.failures))

    def row(self, service):
        text = self.status.get(service.name, "unknown")
        colour = "green" if text.startswith("up") else "red"
        return "<tr><td>%s</td><td style='color:%s'>%s</td></tr>" % (
            html.escape(service.name),
            colour,
            html.escape(text),
        )

    def write_page(self):
        rows = [self.row(s) for s in self.services]  # loop: yes
        body = "<table>%s</table><p>%d down</p>" % ("\n".join(rows), self.failures)
        tmp = self.page.with_suffix(".tmp")
        tmp.write_text("<!doctype html><title>Status</title>" + body)
        tmp.replace(self.page)

    def run_hooks(self):
        for hook in self.hooks:  # loop: unknown
            hook(self)

    def outages(self):
        """Periods (start, end) during which something was down."""
        periods = []
        start = None
        for when, failures in self.history:  # loop: no start
            if failures and start is None:
                start = when
            elif not failures and start is not None:
                periods.append((start, when))
                start = None
        return periods


def load_services(path):
    with open(path) as fh:
        data = json.load(fh)
    return [Service(d["name"], d["host"], d["port"]) for d in data["services"]]  # loop: yes


def load_hook(name):
    """The function named like "package.module:function"."""
    module, function = name.split(":")
    return getattr(importlib.import_module(module), function)


def load_hooks(path):
    with open(path) as fh:
        names = json.load(fh).get("hooks", [])
    return list(map(load_hook, names))


def run_rounds(watcher, count, pause):
    while count > 0:
        watcher.probe_all()
        watcher.write_page()
        watcher.run_hooks()
        time.sleep(pause)
        count -= 1


def main():
    services = load_services("services.json")
    watcher = Watcher(services, "/srv/status/index.html", load_hooks("services.json"))

    runner = threading.Thread(target=run_rounds, args=(watcher, 10, 30))
    runner.start()
    while runner.is_alive():  # expect: RL219
        time.sleep(0.5)
    runner.join()

    for start, end in watcher.outages():  # loop: yes
        print("outage of %.0f s at %s" % (end - start, time.ctime(start)))


if __name__ == "__main__":
    main()
