"""A web service over HTTP with room for --capacity requests at once; others wait
their turn. It answers after --delay seconds and keeps the connection open.
Prints its port.

GET  /item/N   -> a JSON document
POST /anything -> {"received": <length of the body>}
"""
import argparse
import asyncio
import json
import random
import re


def item(number):
    rng = random.Random(number * 7919)
    return {"id": number, "sku": f"SKU-{number:06d}", "price": rng.randrange(100, 99999) / 100,
            "stock": rng.randrange(0, 200)}


async def answer(reader, head):
    method, path = head.split(b" ", 2)[:2]
    if method == b"POST":
        length = int(re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)[1])
        return {"received": len(await reader.readexactly(length))}
    return item(int(path.decode().rpartition("/")[2]))


async def handle(reader, writer, room, delay):
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            document = await answer(reader, head)
            async with room:
                await asyncio.sleep(delay)
            body = json.dumps(document).encode()
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                         + body)
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--capacity", type=int, default=8)
    args = parser.parse_args()
    room = asyncio.Semaphore(args.capacity)
    server = await asyncio.start_server(lambda r, w: handle(r, w, room, args.delay), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
