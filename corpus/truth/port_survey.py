import asyncio
from contextlib import contextmanager
from types import SimpleNamespace
from common import Truth
import port_survey as P

T = Truth(P, group="network", guide=dict(step1="io", sockets=1000, step2="adhoc", step3="asyncio", choice="asyncio"),
          independent=True, state="none")


@T.setup
@contextmanager
def setup():
    process, ports = P.start_services()
    try:
        yield SimpleNamespace(ports=ports)
    finally:
        process.terminate()
        process.wait()


T.mapping(task=lambda ctx: P.check_port, items=lambda ctx: ctx.ports, chunk=50,
          threads=(2, 4, 6, 8, 32, 200), finish=lambda ctx, found: P.summary(found))


@T.coroutines
async def run(ctx, gather):
    async def one(port, timeout=P.TIMEOUT):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return "closed"
        try:
            banner = await asyncio.wait_for(reader.read(200), timeout)
        except TimeoutError:
            return "silent"
        finally:
            writer.close()
        return banner.decode("ascii", "replace").strip()

    return P.summary(await gather(one(port) for port in ctx.ports))


if __name__ == "__main__":
    T.main()
