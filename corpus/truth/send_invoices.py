from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from common import Truth
import send_invoices as P

T = Truth(P, group="network", guide=dict(step1="io", sockets=60, step2="adhoc", step3="pool", choice="threadpool"),
          independent=True, state="every call changes the far end; the order of arrival does not matter")


@T.setup
@contextmanager
def setup():
    process, port = P.start_mail(delay=0.005)
    try:
        yield SimpleNamespace(port=port)
    finally:
        process.terminate()
        process.wait()


# No native asyncio variant: smtplib has none, and writing SMTP anew is not the same work.
T.mapping(task=lambda ctx: partial(P.deliver, port=ctx.port), items=lambda ctx: range(P.CUSTOMERS), chunk=5,
          threads=(2, 4, 6, 8, 16, 32), finish=lambda ctx, receipts: P.summary(receipts))

if __name__ == "__main__":
    T.main()
