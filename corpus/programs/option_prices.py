"""Price a book of Asian options by Monte Carlo, a seed of its own for each option."""
import zlib

import numpy as np

PATHS, STEPS = 20_000, 50


def make_book(count=120):
    return [{"id": k, "spot": 90 + k % 21, "strike": 95 + (k * 7) % 13, "volatility": 0.15 + 0.01 * (k % 9),
             "rate": 0.02, "years": 1.0} for k in range(count)]


def price(option):
    rng = np.random.default_rng(1000 + option["id"])
    step = option["years"] / STEPS
    shocks = rng.standard_normal((PATHS, STEPS))
    drift = (option["rate"] - 0.5 * option["volatility"] ** 2) * step
    walks = np.cumsum(drift + option["volatility"] * np.sqrt(step) * shocks, axis=1)
    mean = (option["spot"] * np.exp(walks)).mean(axis=1)
    payoff = np.maximum(mean - option["strike"], 0)
    discount = np.exp(-option["rate"] * option["years"])
    return option["id"], float(discount * payoff.mean()), float(payoff.std() / np.sqrt(PATHS))


def summary(prices):
    text = repr([(k, round(value, 6), round(error, 6)) for k, value, error in prices])
    return (f"{len(prices)} options, book value {sum(value for _, value, _ in prices):.4f}, "
            f"checksum {zlib.crc32(text.encode()):08x}")


def main():
    book = make_book()
    prices = []
    for option in book:
        prices.append(price(option))
    print(summary(prices))


if __name__ == "__main__":
    main()
