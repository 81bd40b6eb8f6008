"""Watch prices of products in several shops, tell when one falls."""
import json
import logging
import re
import threading
from datetime import date
from pathlib import Path

import httpx
from bs4 import BeautifulSoup

logger = logging.getLogger("price_watch")

PRICE = re.compile(r"(\d+(?:[.,]\d{3})*)[.,](\d{2})")


class Product:
    def __init__(self, name, url, selector, wanted):
        self.name = name
        self.url = url
        self.selector = selector
        self.wanted = wanted
        self.prices = []

    def current(self):
        return self.prices[-1][1] if self.prices else None


def parse_price(text):
    m = PRICE.search(text)
    if m is None:
        raise ValueError("no price in %r" % text)
    return int(re.sub(r"[.,]", "", m.group(1))) + int(m.group(2)) / 100


def load_products(path):
    with open(path) as f:
        items = json.load(f)
    return [Product(i["name"], i["url"], i["selector"], i["wanted"]) for i in items]  # loop: yes


def read_history(path):
    """Day and price of every change, the same price in a row only once."""
    prices = []
    last = None
    for line in path.read_text().splitlines():  # loop: no last
        day, price = line.split(";")
        if price != last:
            prices.append((date.fromisoformat(day), float(price)))
        last = price
    return prices


class Watcher:
    def __init__(self, products, folder):
        self.products = products
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.client = httpx.Client(timeout=20, follow_redirects=True)
        self.alerts = []

    def read_price(self, product):
        response = self.client.get(product.url)
        response.raise_for_status()
        tag = BeautifulSoup(response.text, "html.parser").select_one(product.selector)
        if tag is None:
            raise ValueError("selector finds nothing: " + product.selector)
        return parse_price(tag.get_text())

    def history_file(self, product):
        return self.folder / (re.sub(r"\W+", "_", product.name) + ".csv")

    def append_history(self, product, price):
        lock = threading.Lock()  # expect: RL217
        with lock:
            with self.history_file(product).open("a") as f:
                f.write("%s;%.2f\n" % (date.today(), price))

    def check(self, product):
        try:
            price = self.read_price(product)
        except (httpx.HTTPError, ValueError) as exc:
            logger.warning("%s: %s", product.name, exc)
            return
        product.prices.append((date.today(), price))
        self.append_history(product, price)
        if price <= product.wanted:
            self.alerts.append("%s costs only %.2f" % (product.name, price))

    def check_all(self):
        threads = []
        for product in self.products:  # loop: no self.alerts
            t = threading.Thread(target=self.check, args=(product,))  # expect: RL105
            threads.append(t)
            t.start()
        for t in threads:  # loop: yes
            t.join()

    def load_history(self):
        for product in self.products:  # loop: yes
            path = self.history_file(product)
            if path.exists():
                product.prices = read_history(path)

    def close(self):
        self.client.close()


def biggest_fall(product):
    """The largest fall from one price to the next."""
    fall = 0.0
    before = None
    for _, price in product.prices:  # loop: no before
        if before is not None:
            fall = max(fall, before - price)
        before = price
    return fall


def describe(product):
    prices = [price for _, price in product.prices]
    if not prices:
        return "%-30s no price yet" % product.name
    return "%-30s %8.2f (min %.2f, max %.2f)" % (product.name, prices[-1], min(prices), max(prices))


def main():
    logging.basicConfig(level=logging.INFO)
    watcher = Watcher(load_products("products.json"), "prices")
    watcher.load_history()
    watcher.check_all()
    watcher.close()

    for product in watcher.products:  # loop: yes
        print(describe(product))
    if watcher.alerts:
        print("\n".join(watcher.alerts))
    best = max(watcher.products, key=biggest_fall)
    print("biggest fall:", best.name)


if __name__ == "__main__":
    main()
