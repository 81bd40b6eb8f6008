"""Try a trading rule on an hourly price series for every pair of window lengths."""
import random
import zlib

FAST = range(4, 24)
SLOW = range(30, 150, 4)


def make_prices(hours=22_000, seed=52):
    rng = random.Random(seed)
    price, prices = 100.0, []
    for _ in range(hours):
        price *= 1 + rng.gauss(0.00001, 0.004)
        prices.append(price)
    return prices


def backtest(prices, fast, slow):
    """Profit and number of trades of "hold while the fast mean is over the slow one"."""
    cash, held, trades = 1000.0, 0.0, 0
    fast_sum, slow_sum = sum(prices[slow - fast:slow]), sum(prices[:slow])
    for hour in range(slow, len(prices)):
        price = prices[hour]
        fast_sum += price - prices[hour - fast]
        slow_sum += price - prices[hour - slow]
        above = fast_sum / fast > slow_sum / slow
        if above and not held:
            held, cash, trades = cash / price * 0.999, 0.0, trades + 1
        elif held and not above:
            cash, held, trades = held * price * 0.999, 0.0, trades + 1
    return round(cash + held * prices[-1] - 1000, 4), trades


def summary(table):
    (fast, slow), (profit, trades) = max(table.items(), key=lambda entry: entry[1])
    return (f"{len(table)} pairs, best {fast}/{slow} with {profit:.2f} in {trades} trades, "
            f"checksum {zlib.crc32(repr(sorted(table.items())).encode()):08x}")


def main():
    prices = make_prices()
    table = {}
    for fast in FAST:
        for slow in SLOW:
            table[fast, slow] = backtest(prices, fast, slow)
    print(summary(table))


if __name__ == "__main__":
    main()
