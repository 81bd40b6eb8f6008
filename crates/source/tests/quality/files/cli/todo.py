#!/usr/bin/env python3
"""A to-do list with sub-tasks, stored as JSON."""
import argparse
import json
import os
import sys
from dataclasses import dataclass, field
from datetime import date
from typing import Iterator, List, Optional, Tuple

DEFAULT_FILE = os.path.expanduser("~/.todo.json")


@dataclass
class Task:
    title: str
    hours: float = 1.0
    due: Optional[date] = None
    done: bool = False
    children: List["Task"] = field(default_factory=list)

    def remaining(self) -> float:
        """Hours of this task and of everything below it."""
        if self.done:
            return 0.0
        total = self.hours
        for child in self.children:  # loop: yes
            total += child.remaining()
        return total

    def finish(self) -> None:
        self.done = True
        for child in self.children:  # loop: yes
            child.finish()

    def walk(self, depth: int = 0) -> Iterator[Tuple[int, "Task"]]:
        yield depth, self
        for child in self.children:  # loop: yes
            yield from child.walk(depth + 1)


def task_from_dict(data: dict) -> Task:
    return Task(
        title=data["title"],
        hours=data.get("hours", 1.0),
        due=date.fromisoformat(data["due"]) if data.get("due") else None,
        done=data.get("done", False),
        children=[task_from_dict(c) for c in data.get("children", [])],  # loop: yes
    )


def task_to_dict(task: Task) -> dict:
    return {
        "title": task.title,
        "hours": task.hours,
        "due": task.due.isoformat() if task.due else None,
        "done": task.done,
        "children": [task_to_dict(c) for c in task.children],  # loop: yes
    }


def load(path: str) -> List[Task]:
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as fh:
        return [task_from_dict(d) for d in json.load(fh)]  # loop: yes


def save(path: str, tasks: List[Task]) -> None:
    data = [task_to_dict(t) for t in tasks]  # loop: yes
    tmp = path + ".tmp"
    with open(tmp, "w", encoding="utf-8") as fh:
        json.dump(data, fh, indent=2, ensure_ascii=False)
    os.replace(tmp, path)


def find(tasks: List[Task], address: str) -> Task:
    """The task with an address like 2.1.3 (counted from 1)."""
    level = tasks
    task = None
    for part in address.split("."):  # loop: no level
        try:
            task = level[int(part) - 1]
        except (ValueError, IndexError):
            sys.exit("no task " + address)
        level = task.children
    return task


def plan(tasks: List[Task], hours_per_day: float) -> List[Tuple[int, Task]]:
    """On which day (0 is today) each open task is going to be finished."""
    result = []
    used = 0.0
    for task in sorted(tasks, key=lambda t: t.due or date.max):  # loop: split task.remaining used
        if task.done:
            continue
        used += task.remaining()
        result.append((int(used // hours_per_day), task))
    return result


def show(task: Task, depth: int) -> str:
    mark = "x" if task.done else " "
    due = f" (due {task.due})" if task.due else ""
    return f"{'  ' * depth}[{mark}] {task.title}{due}, {task.remaining():g} h"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", default=DEFAULT_FILE)
    sub = parser.add_subparsers(dest="command", required=True)
    add = sub.add_parser("add")
    add.add_argument("title")
    add.add_argument("--under")
    add.add_argument("--hours", type=float, default=1.0)
    add.add_argument("--due", type=date.fromisoformat)
    sub.add_parser("done").add_argument("address")
    sub.add_parser("list")
    sub.add_parser("plan").add_argument("--per-day", type=float, default=6.0)
    args = parser.parse_args()

    tasks = load(args.file)
    if args.command == "add":
        target = find(tasks, args.under).children if args.under else tasks
        target.append(Task(args.title, args.hours, args.due))
        save(args.file, tasks)
    elif args.command == "done":
        find(tasks, args.address).finish()
        save(args.file, tasks)
    elif args.command == "plan":
        for day, task in plan(tasks, args.per_day):  # loop: yes
            print(f"day {day:3d}: {task.title}")
    else:
        for top in tasks:  # loop: yes
            print("\n".join(show(task, depth) for depth, task in top.walk()))  # loop: yes


if __name__ == "__main__":
    main()
