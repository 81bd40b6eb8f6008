"""Price simple options by simulation.

Every path gets its own seed, so that the result does not depend on how the
paths are spread over the processes.
"""
import math
import random
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Callable, Sequence


@dataclass(frozen=True)
class Market:
    spot: float = 100.0
    rate: float = 0.02
    volatility: float = 0.25
    years: float = 1.0
    steps: int = 252


def simulate_path(market: Market, seed: int) -> list[float]:
    rng = random.Random(seed)
    dt = market.years / market.steps
    drift = (market.rate - 0.5 * market.volatility ** 2) * dt
    scale = market.volatility * math.sqrt(dt)
    price = market.spot
    path = [price]
    for _ in range(market.steps):  # loop: no price
        price *= math.exp(drift + scale * rng.gauss(0.0, 1.0))
        path.append(price)
    return path


def call_payoff(path: Sequence[float], strike: float = 105.0) -> float:
    return max(path[-1] - strike, 0.0)


def asian_payoff(path: Sequence[float], strike: float = 100.0) -> float:
    return max(statistics.fmean(path) - strike, 0.0)


def barrier_payoff(path: Sequence[float], strike: float = 100.0, barrier: float = 80.0) -> float:
    if min(path) <= barrier:
        return 0.0
    return max(path[-1] - strike, 0.0)


PAYOFFS: dict[str, Callable[[Sequence[float]], float]] = {
    "call": call_payoff,
    "asian": asian_payoff,
    "barrier": barrier_payoff,
}


def run_one(market: Market, seed: int) -> dict[str, float]:
    path = simulate_path(market, seed)
    return {name: payoff(path) for name, payoff in PAYOFFS.items()}  # loop: yes


def run_block(market: Market, seeds: Sequence[int]) -> list[dict[str, float]]:
    return [run_one(market, seed) for seed in seeds]  # loop: yes


def blocks(count: int, size: int) -> list[range]:
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def summarise(market: Market, results: list[dict[str, float]]) -> None:
    discount = math.exp(-market.rate * market.years)
    for name in PAYOFFS:  # loop: yes
        values = [r[name] for r in results]
        price = discount * statistics.fmean(values)
        error = discount * statistics.stdev(values) / math.sqrt(len(values))
        print(f"{name:8s} {price:8.3f} +/- {1.96 * error:.3f}")


def convergence(results: list[dict[str, float]], name: str) -> list[float]:
    """Running mean after every 1000 paths."""
    means = []
    total = 0.0
    for i, result in enumerate(results, start=1):  # loop: no total
        total += result[name]
        if i % 1000 == 0:
            means.append(total / i)
    return means


def main() -> None:
    market = Market()
    started = time.perf_counter()
    results: list[dict[str, float]] = []
    with ProcessPoolExecutor(max_workers=96) as pool:  # expect: RL308
        for block in pool.map(partial(run_block, market), blocks(50_000, 500)):  # loop: yes
            results.extend(block)
    elapsed = time.perf_counter() - started

    print(f"{len(results)} paths in {elapsed:.1f} s")
    summarise(market, results)
    means = convergence(results, "call")
    print("call, last five running means:", [round(m, 3) for m in means[-5:]])


if __name__ == "__main__":
    main()
