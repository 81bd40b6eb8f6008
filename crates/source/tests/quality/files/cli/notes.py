"""notes - short notes on the command line, kept in one SQLite file."""
from __future__ import annotations

import json
import re
import sqlite3
import textwrap
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import click

DEFAULT_DB = Path.home() / ".notes.db"
TAG = re.compile(r"#(\w+)")

SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, created TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tags (note_id INTEGER NOT NULL REFERENCES notes (id), name TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tags_name ON tags (name);
"""


def connect(path: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    conn.executescript(SCHEMA)
    return conn


def find_tags(body: str) -> list[str]:
    return sorted({name.lower() for name in TAG.findall(body)})


def insert_note(conn: sqlite3.Connection, body: str, created: str) -> int:
    cursor = conn.execute("INSERT INTO notes (created, body) VALUES (?, ?)", (created, body))
    note_id = cursor.lastrowid
    conn.executemany("INSERT INTO tags VALUES (?, ?)", [(note_id, name) for name in find_tags(body)])
    return note_id


def age(created: str) -> str:
    passed = datetime.now() - datetime.fromisoformat(created)
    if passed < timedelta(hours=1):
        return f"{int(passed.total_seconds() // 60)} min"
    if passed < timedelta(days=1):
        return f"{int(passed.total_seconds() // 3600)} h"
    return f"{passed.days} d"


def render(row: sqlite3.Row, width: int = 78) -> str:
    head = click.style(f"[{row['id']}]", fg="yellow") + " " + click.style(age(row["created"]), dim=True)
    return head + "\n" + textwrap.indent(textwrap.fill(row["body"], width - 4), "    ")


def markdown_items(text: str) -> list[str]:
    """The list items of a Markdown text; continuation lines are joined."""
    items: list[str] = []
    for line in text.splitlines():  # loop: no items
        stripped = line.strip()
        if stripped.startswith(("- ", "* ")):
            items.append(stripped[2:])
        elif stripped and items:
            items[-1] += " " + stripped
    return items


@click.group()
@click.option("--db", type=click.Path(path_type=Path), default=DEFAULT_DB, show_default=True)
@click.pass_context
def cli(ctx: click.Context, db: Path) -> None:
    """Keep short notes. Words with a # in front are tags."""
    ctx.obj = ctx.with_resource(closing(connect(db)))


@cli.command()
@click.argument("words", nargs=-1, required=True)
@click.pass_obj
def add(conn: sqlite3.Connection, words: tuple[str, ...]) -> None:
    """Add a note."""
    note_id = insert_note(conn, " ".join(words), datetime.now().isoformat(timespec="seconds"))
    conn.commit()
    click.echo(f"note {note_id}")


@cli.command(name="list")
@click.option("--tag", "-t")
@click.option("--limit", "-n", default=20)
@click.pass_obj
def list_notes(conn: sqlite3.Connection, tag: str | None, limit: int) -> None:
    """Show the newest notes."""
    query = "SELECT * FROM notes ORDER BY id DESC LIMIT ?"
    parameters: tuple[object, ...] = (limit,)
    if tag:
        query = "SELECT notes.* FROM notes JOIN tags ON note_id = id WHERE name = ? ORDER BY id DESC LIMIT ?"
        parameters = (tag.lower(), limit)
    rows = conn.execute(query, parameters).fetchall()
    for row in rows:  # loop: yes
        click.echo(render(row))


@cli.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.pass_obj
def load(conn: sqlite3.Connection, source: Path) -> None:
    """Add every list item of a Markdown file."""
    items = markdown_items(source.read_text(encoding="utf-8"))
    created = datetime.now().isoformat(timespec="seconds")
    for item in items:  # loop: no conn
        insert_note(conn, item, created)
    conn.commit()
    click.echo(f"{len(items)} notes added")


@cli.command()
@click.pass_obj
def export(conn: sqlite3.Connection) -> None:
    """Print all notes as JSON."""
    rows = conn.execute("SELECT * FROM notes ORDER BY id").fetchall()
    records = []
    for row in rows:  # loop: yes
        records.append({"id": row["id"], "body": row["body"], "tags": find_tags(row["body"])})
    click.echo(json.dumps(records, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    cli()
