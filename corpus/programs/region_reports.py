"""Run the monthly report of every region against the orders database."""
import os
import random
import sqlite3
import tempfile
import zlib

REGIONS = 36


def make_database(path, rows=320_000, seed=46):
    rng = random.Random(seed)
    with sqlite3.connect(path) as db:
        db.execute("create table orders (id integer primary key, region int, customer int, day int, cents int, note text)")
        db.executemany("insert into orders (region, customer, day, cents, note) values (?, ?, ?, ?, ?)",
                       ((rng.randrange(REGIONS), rng.randrange(4000), rng.randrange(365), rng.randrange(50_000),
                         rng.choice(["gift wrap", "express", "", "pick up", "call first"])) for _ in range(rows)))
    db.close()


def region_report(path, region):
    db = sqlite3.connect(path)
    try:
        return db.execute("""
            select count(*), sum(total), max(total), sum(rank <= 10 and express) from (
                select customer, sum(cents) as total, sum(note like '%express%') > 0 as express,
                       row_number() over (order by sum(cents) desc) as rank
                from orders where region = ? or (region * 7 + day) % 11 = ?
                group by customer)""", (region, region % 11)).fetchone()
    finally:
        db.close()


def summary(reports):
    return f"{len(reports)} regions, checksum {zlib.crc32(repr(reports).encode()):08x}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "orders.db")
        make_database(path)
        reports = []
        for region in range(REGIONS):
            reports.append(region_report(path, region))
    print(summary(reports))


if __name__ == "__main__":
    main()
