"""Prints the sites of Python files as `facts::ProgramSource` in JSON: every loop, and in each the
first calls. A plain stand-in for reading the source, so that these tests stand alone."""

import ast
import json
import sys

LOOPS = {
    ast.For: "for",
    ast.ListComp: "list_comprehension",
    ast.SetComp: "set_comprehension",
    ast.DictComp: "dict_comprehension",
    ast.GeneratorExp: "generator_expression",
}


def span(node):
    return {
        "line": node.lineno,
        "column": node.col_offset,
        "end_line": node.end_lineno,
        "end_column": node.end_col_offset,
    }


def spot(node):
    independence = {"answer": "unknown", "carriers": []}
    crossing = {"importable": "unknown", "captured": [], "doubts": [], "stale_globals": []}
    return {
        "span": span(node),
        "name": ast.unparse(node.func),
        "text": ast.unparse(node),
        "arguments": [],
        "target": {"file": "x.py", "line": 1},
        "external": None,
        "awaited": False,
        "uses_target": True,
        "independence": independence,
        "effects": [],
        "crossing": crossing,
        "result": {"use": "expression"},
        "sockets": {"library": None, "shared": None, "async_twin": None},
    }


def mapped(node):
    """The function argument of `map`, which stands for its calls."""
    spot_ = spot(node)
    spot_.update(span=span(node.args[0]), name=ast.unparse(node.args[0]), text=ast.unparse(node.args[0]))
    return spot_


def site(number, kind, path, node, iterable):
    awaited = {id(part.value) for part in ast.walk(node) if isinstance(part, ast.Await)}
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call) and part is not node]
    inside = {id(part) for part in ast.walk(iterable)}
    exits = [part for part in ast.walk(node) if isinstance(part, (ast.Break, ast.Return, ast.Raise))]
    return {
        "id": number,
        "kind": kind,
        "file": path,
        "path": path,
        "span": span(node),
        "function": "f",
        "function_line": 1,
        "parent": None,
        "in_async": False,
        "iterable": {"span": span(iterable), "text": ast.unparse(iterable)},
        "calls": [mapped(node)]
        if kind == "map"
        else [spot(part) for part in calls if id(part) not in awaited and id(part) not in inside],
        "callee": None,
        "independence": {"answer": "unknown", "carriers": []},
        "effects": [],
        "crossing": {"importable": "unknown", "captured": [], "doubts": [], "stale_globals": []},
        "early_exit": {"file": path, "line": exits[0].lineno} if exits else None,
        "text": None,
        "members": [],
        "dependencies": [],
    }


def sites(path, first):
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if type(node) in LOOPS:
            iterable = node.iter if isinstance(node, ast.For) else node.generators[0].iter
            yield site(first, LOOPS[type(node)], path, node, iterable)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "map" and len(node.args) > 1:
            yield site(first, "map", path, node, node.args[1])
        else:
            continue
        first += 1


found = []
for path in sys.argv[1:]:
    found += sites(path, len(found))
program = {
    "files": sys.argv[1:],
    "sites": found,
    "existing": [],
    "main_guard": False,
    "imports": [],
    "uses_async": False,
    "doubts": [],
}
print(json.dumps(program))
