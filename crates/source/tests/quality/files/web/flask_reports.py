"""A small report server.

POST /reports starts a report in the background and returns its number,
GET /reports/<number> tells whether it is ready.
"""
from __future__ import annotations

import atexit
import csv
import logging
import sqlite3
import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from flask import Blueprint, Flask, abort, current_app, jsonify, request, send_file

logger = logging.getLogger(__name__)
bp = Blueprint("reports", __name__)

executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="report")
atexit.register(executor.shutdown)

jobs: dict[str, Future[Path]] = {}
jobs_lock = threading.Lock()


@dataclass(frozen=True)
class Period:
    first: date
    last: date

    def days(self) -> list[date]:
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=i) for i in range(count)]


def parse_period(payload: dict) -> Period:
    try:
        period = Period(date.fromisoformat(payload["first"]), date.fromisoformat(payload["last"]))
    except (KeyError, ValueError) as exc:
        raise ValueError(f"bad period: {exc}") from exc
    if period.last < period.first:
        raise ValueError("the period ends before it starts")
    return period


def day_row(database: str, day: date) -> dict[str, object]:
    with sqlite3.connect(database) as conn:
        count, total = conn.execute(
            "SELECT count(*), coalesce(sum(amount), 0) FROM payments WHERE day = ?", (day.isoformat(),)
        ).fetchone()
    return {"day": day.isoformat(), "payments": count, "total": total}


def add_balance(rows: list[dict[str, object]], opening: float = 0.0) -> None:
    balance = opening
    for row in rows:  # loop: no balance
        balance += row["total"]
        row["balance"] = balance


def build_report(database: str, period: Period, target: Path) -> Path:
    rows = [day_row(database, day) for day in period.days()]  # loop: yes
    add_balance(rows)
    with target.open("w", newline="") as fh:
        writer = csv.DictWriter(fh, ["day", "payments", "total", "balance"])
        writer.writeheader()
        writer.writerows(rows)
    logger.info("report %s: %d days", target.name, len(rows))
    return target


@bp.post("/reports")
def start_report():
    try:
        period = parse_period(request.get_json())
    except ValueError as exc:
        return jsonify(error=str(exc)), 400
    number = uuid.uuid4().hex
    target = Path(current_app.config["REPORT_DIR"]) / f"{number}.csv"
    future = executor.submit(build_report, current_app.config["DATABASE"], period, target)
    with jobs_lock:
        jobs[number] = future
    return jsonify(number=number), 202


@bp.get("/reports/<number>")
def report(number: str):
    with jobs_lock:
        future = jobs.get(number)
    if future is None:
        abort(404)
    if not future.done():
        return jsonify(state="running"), 202
    if future.exception() is not None:
        logger.error("report %s failed", number, exc_info=future.exception())
        return jsonify(state="failed"), 500
    return send_file(future.result(), as_attachment=True)


@bp.get("/reports")
def report_list():
    with jobs_lock:
        snapshot = list(jobs.items())
    listing = []
    for number, future in snapshot:  # loop: yes
        listing.append({"number": number, "ready": future.done()})
    return jsonify(listing)


@bp.cli.command("clean")
def clean() -> None:
    """Remove report files that are older than the running process knows."""
    folder = Path(current_app.config["REPORT_DIR"])
    for path in folder.glob("*.csv"):  # loop: yes
        if path.stem not in jobs:
            path.unlink()


def create_app(config: dict | None = None) -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(DATABASE="payments.db", REPORT_DIR="/tmp/reports")
    app.config.update(config or {})
    Path(app.config["REPORT_DIR"]).mkdir(parents=True, exist_ok=True)
    app.register_blueprint(bp)
    return app
