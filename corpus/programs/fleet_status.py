"""Ask the service of every vehicle for its state (asyncio, one after the other)."""
import asyncio
import subprocess
import sys
import zlib
from pathlib import Path

import httpx

SERVER = Path(__file__).resolve().parent.parent / "servers" / "web.py"
VEHICLES = 180


def start_server(delay):
    process = subprocess.Popen([sys.executable, str(SERVER), "--delay", str(delay)],
                               stdout=subprocess.PIPE, text=True)
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"


async def vehicle_state(client, base, number):
    response = await client.get(f"{base}/item/{number}", timeout=30)
    response.raise_for_status()
    item = response.json()
    return item["id"], item["stock"], item["tags"][0]


async def collect(base):
    states = []
    async with httpx.AsyncClient() as client:
        for number in range(VEHICLES):
            states.append(await vehicle_state(client, base, number))
    return states


def summary(states):
    return f"{len(states)} vehicles, checksum {zlib.crc32(repr(states).encode()):08x}"


def main():
    process, base = start_server(delay=0.01)
    try:
        print(summary(asyncio.run(collect(base))))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
