"""500 connections in one event loop, which waits for whichever answers next."""

import asyncio

from known.measured import SECONDS, look, tell
from known.peers import peer

CONNECTIONS = 500


async def talk(port, end):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while asyncio.get_running_loop().time() < end:
        writer.write(b"x")
        await reader.read(1)
    writer.close()


async def main(port):
    end = asyncio.get_running_loop().time() + SECONDS
    await asyncio.gather(*(talk(port, end) for _ in range(CONNECTIONS)))


def work(port):
    asyncio.run(main(port))


if __name__ == "__main__":
    with peer("many", 0.8) as port:
        seen = look(work, port)
    tell(seen.waited("loop_idle"))
