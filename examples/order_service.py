"""An order service with three mistakes in its concurrency, for `rightlane check` to find."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PRICES = {"tea": 3.5, "milk": 1.2}
BOOK = Path("orders.jsonl")


def book(order):
    for attempt in range(3):
        try:
            with BOOK.open("a") as lines:
                lines.write(json.dumps(order) + "\n")
            return
        except OSError:
            time.sleep(2**attempt)
    raise TimeoutError("the order book cannot be written to")


async def serve(reader, writer):
    order = json.loads(await reader.readline())
    order["price"] = PRICES[order["item"]] * order["count"]
    book(order)
    asyncio.create_task(say_goodbye(writer, order))


async def say_goodbye(writer, order):
    writer.write(f"{order['price']:.2f}\n".encode())
    await writer.drain()
    writer.close()


def send_bills(months, send):
    for bills in months:
        with ThreadPoolExecutor() as pool:
            list(pool.map(send, bills))


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 4711)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
