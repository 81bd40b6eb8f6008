#!/usr/bin/env python
# Load the monthly CSV exports of the till into one SQLite file.
import csv
import glob
import os
import sqlite3
import sys
from datetime import datetime
from decimal import Decimal, InvalidOperation

SCHEMA = """
CREATE TABLE IF NOT EXISTS sales (
    receipt   TEXT NOT NULL,
    line      INTEGER NOT NULL,
    sold_at   TEXT NOT NULL,
    article   TEXT NOT NULL,
    quantity  INTEGER NOT NULL,
    cents     INTEGER NOT NULL,
    PRIMARY KEY (receipt, line)
);
CREATE TABLE IF NOT EXISTS loaded_files (
    name TEXT PRIMARY KEY,
    rows INTEGER NOT NULL
);
"""

INSERT = """
INSERT OR REPLACE INTO sales (receipt, line, sold_at, article, quantity, cents)
VALUES (?, ?, ?, ?, ?, ?)
"""


def to_cents(text):
    try:
        value = Decimal(text.replace(".", "").replace(",", "."))
    except InvalidOperation:
        raise ValueError("not a price: %r" % text)
    return int(value * 100)


def to_iso(text):
    return datetime.strptime(text.strip(), "%d.%m.%Y %H:%M").isoformat()


def convert(row):
    return {
        "receipt": row["Bon"].strip(),
        "sold_at": to_iso(row["Datum"]),
        "article": row["Artikel"].strip(),
        "quantity": int(row["Menge"]),
        "cents": to_cents(row["Betrag"]),
    }


def read_export(path):
    """The converted rows of one export, and the number of bad ones."""
    rows = []
    bad = 0
    with open(path, newline="", encoding="cp1252") as fh:
        for raw in csv.DictReader(fh, delimiter=";"):  # loop: yes
            try:
                rows.append(convert(raw))
            except (KeyError, ValueError):
                bad += 1
    return rows, bad


def number_lines(rows):
    """Add the line number inside each receipt."""
    last_receipt = None
    line = 0
    for row in rows:  # loop: no line
        line = line + 1 if row["receipt"] == last_receipt else 1
        last_receipt = row["receipt"]
        row["line"] = line
    return rows


def store(conn, name, rows):
    cur = conn.cursor()
    for row in rows:  # loop: no cur
        cur.execute(
            INSERT,
            (row["receipt"], row["line"], row["sold_at"], row["article"], row["quantity"], row["cents"]),
        )
    cur.execute("INSERT OR REPLACE INTO loaded_files VALUES (?, ?)", (name, len(rows)))
    conn.commit()


def already_loaded(conn):
    return {name for (name,) in conn.execute("SELECT name FROM loaded_files").fetchall()}


def main(folder, database):
    conn = sqlite3.connect(database)
    conn.executescript(SCHEMA)
    done = already_loaded(conn)
    paths = [p for p in sorted(glob.glob(os.path.join(folder, "*.csv"))) if os.path.basename(p) not in done]

    for path in paths:  # loop: split read_export conn
        rows, bad = read_export(path)
        store(conn, os.path.basename(path), number_lines(rows))
        print("%-30s %6d rows, %d bad" % (os.path.basename(path), len(rows), bad))

    query = "SELECT substr(sold_at, 1, 7), sum(cents) FROM sales GROUP BY 1 ORDER BY 1"
    for month, cents in conn.execute(query).fetchall():  # loop: yes
        print("%s  %12.2f" % (month, cents / 100))
    conn.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: csv_to_sqlite.py FOLDER DATABASE")
    main(sys.argv[1], sys.argv[2])
