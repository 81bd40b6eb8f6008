# %% [markdown]
# # Confidence intervals by resampling
#
# How sure are we that the new checkout page is better than the old one?

# %%
import csv
import random
import statistics
import time
from concurrent.futures import ProcessPoolExecutor

# %%
def read_values(path, group):
    values = []
    with open(path, newline="") as f:
        for row in csv.DictReader(f):  # loop: yes
            if row["group"] == group:
                values.append(float(row["basket"]))
    return values


OLD = read_values("data/checkout.csv", "old")
NEW = read_values("data/checkout.csv", "new")
print(len(OLD), statistics.fmean(OLD))
print(len(NEW), statistics.fmean(NEW))

# %% [markdown]
# ## One process first
# A single generator is used for all rounds.

# %%
rng = random.Random(2024)
t = time.perf_counter()
differences = []
for _ in range(300):  # loop: no rng
    a = statistics.fmean(rng.choices(OLD, k=len(OLD)))
    b = statistics.fmean(rng.choices(NEW, k=len(NEW)))
    differences.append(b - a)
print(round(time.perf_counter() - t, 1), "s")

# %%
def interval(values, share=0.95):
    ordered = sorted(values)
    cut = int(len(ordered) * (1 - share) / 2)
    return ordered[cut], ordered[-cut - 1]


interval(differences)

# %% [markdown]
# ## Many processes

# %%
def one_round(seed):
    local = random.Random(seed)
    a = local.choices(OLD, k=len(OLD))
    b = local.choices(NEW, k=len(NEW))
    return statistics.fmean(b) - statistics.fmean(a)


t = time.perf_counter()
with ProcessPoolExecutor(max_workers=6) as pool:  # expect: RL201
    differences = list(pool.map(one_round, range(10000)))  # expect: RL303
print(round(time.perf_counter() - t, 1), "s")
interval(differences)

# %% [markdown]
# ## Does the interval get narrower?

# %%
def width_after(n):
    low, high = interval(differences[:n])
    return high - low


widths = {n: width_after(n) for n in (100, 500, 1000, 5000, 10000)}  # loop: yes
for n, width in widths.items():  # loop: yes
    print("%6d %.4f" % (n, width))

# %% [markdown]
# ## Sequential test
# The experiment could have been stopped earlier: we follow the running sum.

# %%
def running_score(values, target):
    score = 0.0
    track = []
    for value in values:  # loop: no score
        score = max(0.0, score + value - target)
        track.append(score)
    return track


target = statistics.fmean(OLD)
track = running_score(NEW, target)
print("largest score:", max(track))

# %%
def median_by_day(path):
    days = {}
    with open(path, newline="") as f:
        rows = list(csv.DictReader(f))
    names = sorted({row["day"] for row in rows})
    for day in names:  # loop: yes
        days[day] = statistics.median(float(row["basket"]) for row in rows if row["day"] == day)
    return days


for day, value in median_by_day("data/checkout.csv").items():  # loop: yes
    print(day, round(value, 2))
