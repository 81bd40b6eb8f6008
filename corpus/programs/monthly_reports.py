"""Download the daily sales of every shop as CSV and summarise them with pandas."""
import io
import subprocess
import sys
import zlib
from pathlib import Path

import pandas as pd
import requests

SERVER = Path(__file__).resolve().parent.parent / "servers" / "web.py"
SHOPS = 130


def start_server(delay):
    process = subprocess.Popen([sys.executable, str(SERVER), "--delay", str(delay)],
                               stdout=subprocess.PIPE, text=True)
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"


def shop_report(url):
    response = requests.get(url, timeout=30)
    response.raise_for_status()
    table = pd.read_csv(io.StringIO(response.text))
    table["price"] = table["revenue"] / table["units"]
    weeks = table.groupby(table["day"] // 7)["revenue"].sum()
    best = table.loc[table["revenue"].idxmax()]
    return {"shop": int(url.rpartition("/")[2]), "revenue": round(table["revenue"].sum(), 2),
            "best_day": int(best["day"]), "best_week": int(weeks.idxmax()), "median_price": round(table["price"].median(), 3)}


def summary(reports):
    table = pd.DataFrame(reports).sort_values("shop")
    checksum = zlib.crc32(table.to_csv(index=False).encode())
    return f"{len(table)} shops, revenue {table['revenue'].sum():.2f}, checksum {checksum:08x}"


def main():
    process, base = start_server(delay=0.012)
    try:
        reports = []
        for shop in range(SHOPS):
            reports.append(shop_report(f"{base}/csv/{shop}"))
        print(summary(reports))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
