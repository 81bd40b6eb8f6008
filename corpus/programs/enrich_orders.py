"""Add price and stock from the product service to every line of an order book."""
import random
import subprocess
import sys
import zlib
from pathlib import Path

import requests

SERVER = Path(__file__).resolve().parent.parent / "servers" / "service.py"


def start_server(delay):
    process = subprocess.Popen([sys.executable, str(SERVER), "--delay", str(delay)],
                               stdout=subprocess.PIPE, text=True)
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"


def make_orders(count=150, seed=41):
    rng = random.Random(seed)
    return [{"order": n, "product": rng.randrange(5000), "quantity": rng.randrange(1, 20)} for n in range(count)]


class ProductService:
    def __init__(self, base):
        self.base = base
        self.session = requests.Session()

    def item(self, number):
        response = self.session.get(f"{self.base}/item/{number}", timeout=10)
        response.raise_for_status()
        return response.json()


def enrich(service, order):
    item = service.item(order["product"])
    return {**order, "sku": item["sku"], "total": round(order["quantity"] * item["price"], 2),
            "short": item["stock"] < order["quantity"]}


def summary(lines):
    text = repr([sorted(line.items()) for line in lines])
    return (f"{len(lines)} lines, {sum(line['short'] for line in lines)} short, "
            f"value {sum(line['total'] for line in lines):.2f}, checksum {zlib.crc32(text.encode()):08x}")


def main():
    process, base = start_server(delay=0.012)
    try:
        service = ProductService(base)
        lines = [enrich(service, order) for order in make_orders()]
        print(summary(lines))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
