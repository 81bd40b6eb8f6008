from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from common import Truth
import follow_feed as P

T = Truth(P, group="dependent", guide=dict(step1="io", sockets=130, step2="adhoc", step3="pool", choice="threadpool",
                                          note="nothing to map over: the next token is known when the page is there"),
          independent=False, state="each call needs the token in the answer to the call before it")
PAGES = 130


@T.setup
@contextmanager
def setup():
    process, url = P.start_feed(delay=0.012)
    try:
        yield SimpleNamespace(url=url)
    finally:
        process.terminate()
        process.wait()


def sequential(ctx):
    entries, token = [], "start"
    while token:
        page = P.read_page(ctx.url, token)
        entries.extend(page["entries"])
        token = page["next"]
    return P.summary(entries)


# what a mechanical rewrite gives: every call gets the token from before the loop
T.mapping(task=lambda ctx: partial(P.read_page, ctx.url), items=lambda ctx: ["start"] * PAGES, chunk=10,
          sequential=sequential,
          finish=lambda ctx, pages: P.summary([entry for page in pages for entry in page["entries"]]))

if __name__ == "__main__":
    T.main()
