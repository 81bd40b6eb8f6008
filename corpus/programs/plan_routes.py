"""Order the stops of every delivery tour so that the way is short (in threads)."""
import math
import random
import zlib
from concurrent.futures import ThreadPoolExecutor


def make_tours(count=48, stops=200, seed=55):
    rng = random.Random(seed)
    return [[(rng.uniform(0, 100), rng.uniform(0, 100)) for _ in range(stops)] for _ in range(count)]


def length(stops, order):
    return sum(math.dist(stops[a], stops[b]) for a, b in zip(order, order[1:] + order[:1]))


def improve(stops):
    """Turn sections round as long as that makes the tour shorter (2-opt)."""
    order = list(range(len(stops)))
    better = True
    while better:
        better = False
        for i in range(1, len(order) - 1):
            for j in range(i + 1, len(order)):
                a, b = stops[order[i - 1]], stops[order[i]]
                c, d = stops[order[j]], stops[order[(j + 1) % len(order)]]
                if math.dist(a, c) + math.dist(b, d) + 1e-9 < math.dist(a, b) + math.dist(c, d):
                    order[i:j + 1] = order[i:j + 1][::-1]
                    better = True
    return order, round(length(stops, order), 6)


def summary(plans):
    total = sum(way for _, way in plans)
    return f"{len(plans)} tours, {total:.3f} km, checksum {zlib.crc32(repr(plans).encode()):08x}"


def main():
    tours = make_tours()
    with ThreadPoolExecutor(max_workers=16) as executor:
        plans = list(executor.map(improve, tours))
    print(summary(plans))


if __name__ == "__main__":
    main()
