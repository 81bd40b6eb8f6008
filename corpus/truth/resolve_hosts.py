import asyncio
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
import zlib
from common import Truth
import resolve_hosts as P

T = Truth(P, group="network", guide=dict(step1="io", sockets=120, step2="adhoc", step3="pool", choice="threadpool"),
          independent=True, state="none; a socket for each question")


@T.setup
@contextmanager
def setup():
    process, port = P.start_names(delay=0.016)
    try:
        yield SimpleNamespace(port=port, hosts=P.make_hosts())
    finally:
        process.terminate()
        process.wait()


T.mapping(task=lambda ctx: partial(P.resolve, port=ctx.port), items=lambda ctx: ctx.hosts, chunk=6, threads=(2, 4, 6, 8, 32, 128),
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
            for _ in range(3):
                transport.sendto(P.question(name, ident))
                done, _pending = await asyncio.wait([answer.reply], timeout=2)
                if done:
                    return P.parse(answer.reply.result(), ident)
        finally:
            transport.close()

    return P.summary(dict(zip(ctx.hosts, await gather(one(name) for name in ctx.hosts))))

if __name__ == "__main__":
    T.main()
