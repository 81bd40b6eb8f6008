from contextlib import contextmanager
from types import SimpleNamespace
import aiohttp
from common import Truth
import index_pages as P

T = Truth(P, group="mixed", guide=dict(step1="io", sockets=80, step2="adhoc", step3="pool", choice="threadpool",
                                      note="about half of a task is parsing, in Python"),
          independent=True, state="a dict filled from the results")


@T.setup
@contextmanager
def setup():
    process, base = P.start_server(delay=0.015)
    try:
        yield SimpleNamespace(urls=[f"{base}/page/{number}" for number in range(P.PAGES)])
    finally:
        process.terminate()
        process.wait()


def finish(ctx, rows):
    return P.summary({name: (words, links) for name, words, links in rows})


T.mapping(task=lambda ctx: P.index_page, items=lambda ctx: ctx.urls, chunk=5, finish=finish,
          extra=("procs:4:1", "procs:8:1"))


@T.coroutines
async def run(ctx, gather):
    async def one(session, url):
        async with session.get(url) as response:
            html = await response.text()
        parser = P.PageParser()
        parser.feed(html)
        return url.rpartition("/")[2], parser.words.most_common(8), len(set(parser.links))

    async with aiohttp.ClientSession() as session:
        return finish(ctx, await gather(one(session, url) for url in ctx.urls))

if __name__ == "__main__":
    T.main()
