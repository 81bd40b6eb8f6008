"""Simulate the days of a post office with one counter; all days draw from the
random module's own generator."""
import random
import zlib

DAYS = 900
SEED = 45


def arrival_gap(hour):
    return random.expovariate(1.5 if 11 <= hour < 14 else 0.7)


def simulate_day():
    clock, free_at, waits = 0.0, 0.0, []
    patience = random.uniform(5, 15)
    while clock < 8 * 60:
        clock += arrival_gap(9 + int(clock // 60))
        start = max(clock, free_at)
        if start - clock > patience:
            continue
        free_at = start + random.lognormvariate(0.1, 0.5)
        waits.append(start - clock)
        for _ in range(25):                      # forms at the counter
            free_at += random.triangular(0, 0.02, 0.004)
    return len(waits), round(sum(waits) / len(waits), 6), round(max(waits), 6)


def summary(days):
    served = sum(count for count, _, _ in days)
    longest = max(wait for _, _, wait in days)
    return f"{len(days)} days, {served} served, longest wait {longest}, checksum {zlib.crc32(repr(days).encode()):08x}"


def main():
    random.seed(SEED)
    days = []
    for _ in range(DAYS):
        days.append(simulate_day())
    print(summary(days))


if __name__ == "__main__":
    main()
