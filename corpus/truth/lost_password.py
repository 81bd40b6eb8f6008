from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from common import Truth
import lost_password as P

T = Truth(P, group="early-exit", guide=dict(step1="cpu", sockets=0, step2="adhoc", step3="pool", choice="mp_pool",
                                           note="a fifth of the words is tried; a pool's map tries all"),
          independent=False, state="the loop ends at the first hit")


@T.setup
@contextmanager
def setup():
    words = P.make_words()
    yield SimpleNamespace(words=words, lock=P.key_of(words[420])[:16])


def finish(ctx, hits):
    for tried, (word, hit) in enumerate(zip(ctx.words, hits), 1):
        if hit:
            return P.summary(word, tried)
    return P.summary(None, len(ctx.words))


def sequential(ctx):
    return finish(ctx, (P.opens(word, ctx.lock) for word in ctx.words))


T.mapping(task=lambda ctx: partial(P.opens, lock=ctx.lock), items=lambda ctx: ctx.words, chunk=40,
          sequential=sequential, finish=finish)


@T.variant("threads2_until_hit", ft=True, redesign=True)
def run(ctx):
    """Consume the results in order and cancel what has not begun at the hit."""
    with ThreadPoolExecutor(2) as executor:
        hits = executor.map(partial(P.opens, lock=ctx.lock), ctx.words)
        output = finish(ctx, hits)
        executor.shutdown(cancel_futures=True)
    return output

if __name__ == "__main__":
    T.main()
