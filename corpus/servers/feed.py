"""A feed over HTTP in --pages pages: GET /feed?token=T answers
{"entries": [...], "next": token or null} after --delay seconds; the first token
is "start", the others cannot be guessed.  Prints its port."""
import argparse
import asyncio
import hashlib
import json


def token_of(page):
    return "start" if page == 0 else hashlib.md5(f"page {page}".encode()).hexdigest()


def make_pages(count):
    pages = {}
    for page in range(count):
        entries = [{"id": page * 20 + k, "title": f"entry {(page * 31 + k * 7) % 997}"} for k in range(20)]
        following = token_of(page + 1) if page + 1 < count else None
        pages[token_of(page)] = json.dumps({"entries": entries, "next": following}).encode()
    return pages


async def handle(reader, writer, pages, delay):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        token = head.split(b" ", 2)[1].partition(b"token=")[2].decode()
        await asyncio.sleep(delay)
        status, body = ("200 OK", pages[token]) if token in pages else ("404 Not Found", b"{}")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                     f"Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--pages", type=int, default=100)
    args = parser.parse_args()
    pages = make_pages(args.pages)
    server = await asyncio.start_server(lambda r, w: handle(r, w, pages, args.delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
