"""Cost of every product from its bill of materials; sub-assemblies are remembered."""
import random
import sys
import zlib

PARTS = 1400
known = {}


def make_bill(parts=PARTS, seed=50):
    """part -> (own price in cents, [(sub-part, count), ...]); sub-parts have lower numbers."""
    rng = random.Random(seed)
    bill = {}
    for part in range(parts):
        subs = rng.sample(range(max(0, part - 300), part), min(part, rng.randrange(2, 12)))
        bill[part] = (rng.randrange(5, 900), [(sub, rng.randrange(1, 5)) for sub in subs])
    return bill


def setup_cost(price, rounds=20_000):
    """What fitting the part costs by the factory's learning curve."""
    cost = price
    for lot in range(1, rounds):
        cost += (price * lot) % 97 / lot
    return int(cost)


def cost_of(part, bill):
    if part in known:
        return known[part]
    price, subs = bill[part]
    total = setup_cost(price)
    for sub, count in subs:
        total += count * cost_of(sub, bill)
    known[part] = total % 1_000_003
    return known[part]


def summary(costs):
    return f"{len(costs)} products, dearest {max(costs.values())}, checksum {zlib.crc32(repr(costs).encode()):08x}"


def main():
    sys.setrecursionlimit(5000)
    bill = make_bill()
    costs = {part: cost_of(part, bill) for part in reversed(range(PARTS))}
    print(summary(costs))


if __name__ == "__main__":
    main()
