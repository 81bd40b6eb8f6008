import io
from contextlib import contextmanager
from types import SimpleNamespace
import aiohttp
import pandas as pd
from common import Truth
import monthly_reports as P

T = Truth(P, group="mixed", guide=dict(step1="io", sockets=130, step2="adhoc", step3="pool", choice="threadpool",
                                      note="a third of a task is pandas at work"),
          independent=True, state="none; results appended in order")


@T.setup
@contextmanager
def setup():
    process, base = P.start_server(delay=0.012)
    try:
        yield SimpleNamespace(urls=[f"{base}/csv/{shop}" for shop in range(P.SHOPS)])
    finally:
        process.terminate()
        process.wait()


T.mapping(task=lambda ctx: P.shop_report, items=lambda ctx: ctx.urls, chunk=10, extra=("procs:4:1", "procs:8:1"),
          finish=lambda ctx, reports: P.summary(reports))


@T.coroutines
async def run(ctx, gather):
    async def one(session, url):
        async with session.get(url) as response:
            table = pd.read_csv(io.StringIO(await response.text()))
        table["price"] = table["revenue"] / table["units"]
        weeks = table.groupby(table["day"] // 7)["revenue"].sum()
        best = table.loc[table["revenue"].idxmax()]
        return {"shop": int(url.rpartition("/")[2]), "revenue": round(table["revenue"].sum(), 2),
                "best_day": int(best["day"]), "best_week": int(weeks.idxmax()), "median_price": round(table["price"].median(), 3)}

    async with aiohttp.ClientSession() as session:
        return P.summary(await gather(one(session, url) for url in ctx.urls))

if __name__ == "__main__":
    T.main()
