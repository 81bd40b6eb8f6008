import asyncio
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
import zlib
from common import Truth
import resolve_hosts as P

T = Truth(P, group="network", guide=dict(step1="io", sockets=260, step2="adhoc", step3="pool", choice="threadpool"),
          independent=True, state="none; a socket for each question")


@T.setup
@contextmanager
def setup():
    process, port = P.start_names(delay=0.008)
    try:
        yield SimpleNamespace(port=port, hosts=P.make_hosts())
    finally:
        process.terminate()
        process.wait()


T.mapping(task=lambda ctx: partial(P.resolve, port=ctx.port), items=lambda ctx: ctx.hosts, chunk=15,
          finish=lambda ctx, addresses: P.summary(dict(zip(ctx.hosts, addresses))))


class Answer(asyncio.DatagramProtocol):
    def __init__(self):
        self.reply = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, address):
        if not self.reply.done():
            self.reply.set_result(data)


@T.coroutines
async def run(ctx, gather):
    async def one(name):
        ident = zlib.crc32(name.encode()) & 0xFFFF
        loop = asyncio.get_running_loop()
        transport, answer = await loop.create_datagram_endpoint(Answer, remote_addr=("127.0.0.1", ctx.port))
        try:
            transport.sendto(P.question(name, ident))
            return P.parse(await asyncio.wait_for(answer.reply, 2), ident)
        finally:
            transport.close()

    return P.summary(dict(zip(ctx.hosts, await gather(one(name) for name in ctx.hosts))))

if __name__ == "__main__":
    T.main()
