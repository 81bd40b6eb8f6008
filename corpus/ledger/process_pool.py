"""Two worker processes compute, the program waits for them."""

from concurrent.futures import ProcessPoolExecutor

from known.measured import Look, Span, look, repeat, tell

PIECES, SECONDS = 24, 0.2


def count():
    total = 0
    for number in range(50_000):
        total += number * number % 7


def compute():
    repeat(count, SECONDS)


def piece(_):
    return look(compute)


def work(looks):
    with ProcessPoolExecutor(2) as pool:
        looks += pool.map(piece, range(PIECES))


def worker(looks):
    total = sum((one.span for one in looks), Span())
    return Look("compute", total, "main", looks[0].pid, looks[0].tid).computed("python_gil")


if __name__ == "__main__":
    looks = []
    main = look(work, looks)
    pids = sorted({one.pid for one in looks})
    tell(main.waited("lock"), [worker([one for one in looks if one.pid == pid]) for pid in pids])
