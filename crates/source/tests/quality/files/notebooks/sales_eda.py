# %%
"""Exploring the sales of the last three years."""
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

DATA = Path("data/sales")
OUT = Path("figures")
OUT.mkdir(exist_ok=True)

# %%
def read_month(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, sep=";", decimal=",", parse_dates=["date"], dayfirst=True)
    frame.columns = [c.strip().lower().replace(" ", "_") for c in frame.columns]
    frame["source"] = path.stem
    return frame


parts = [read_month(p) for p in sorted(DATA.glob("20??-??.csv"))]  # loop: yes
sales = pd.concat(parts, ignore_index=True)
sales.info()

# %% [markdown]
# Some exports contain the last day of the month before as well.

# %%
sales = sales.drop_duplicates(["receipt", "line"])
sales = sales[sales["amount"] > 0]
sales["month"] = sales["date"].dt.to_period("M")
sales["weekday"] = sales["date"].dt.day_name()

# %%
def gap_days(dates: pd.Series) -> int:
    days = pd.to_datetime(dates.dt.date.unique())
    full = pd.date_range(days.min(), days.max())
    return len(full.difference(days))


gaps = {}
for shop, part in sales.groupby("shop"):  # loop: yes
    gaps[shop] = gap_days(part["date"])
gaps = pd.Series(gaps, name="days without sales")
gaps

# %% [markdown]
# ## Monthly totals

# %%
monthly = sales.groupby(["shop", "month"])["amount"].sum().unstack(0).fillna(0)
monthly.plot(figsize=(10, 4), title="Sales per month")
plt.savefig(OUT / "monthly.png", dpi=120)
plt.close()

# %%
def growth(series: pd.Series) -> list:
    """Change against the month before, in percent."""
    result = []
    before = None
    for value in series:  # loop: no before
        if before:
            result.append(100 * (value - before) / before)
        else:
            result.append(None)
        before = value
    return result


changes = pd.DataFrame({shop: growth(monthly[shop]) for shop in monthly.columns}, index=monthly.index)  # loop: yes
changes.tail(6)

# %% [markdown]
# ## One figure per shop

# %%
def shop_figure(shop: str, part: pd.DataFrame) -> Path:
    by_day = part.groupby("weekday")["amount"].agg(["mean", "count"])
    order = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    target = OUT / f"weekdays_{shop}.csv"
    by_day.reindex(order).to_csv(target)
    return target


written = []
for shop, part in sales.groupby("shop"):  # loop: yes
    written.append(shop_figure(shop, part))
print(len(written), "tables written")

# %% [markdown]
# ## Best sellers

# %%
def top_articles(frame: pd.DataFrame, n: int = 5) -> str:
    best = frame.groupby("article")["amount"].sum().nlargest(n)
    return ", ".join(f"{article} ({amount:,.0f})" for article, amount in best.items())


for month, part in sales.groupby("month"):  # loop: yes
    print(month, top_articles(part))

# %%
# exponential forecast, by hand
level = monthly.iloc[0].copy()
for _, row in monthly.iloc[1:].iterrows():  # loop: no level
    level = 0.4 * row + 0.6 * level
print(level.round(0))
