"""Rewrites a program's syntax tree so that chosen loops and calls are seen.

Every new node has the position of the node that it stands for, so lines, columns and carets in
tracebacks stay what they are. A loop's `ITER` becomes `ITER if W.real else W.enter(ITER)`; a
call's `f(a)` becomes `f(a) if W.real else W.result(W.begin(f)(W.value(a)))`: the program's own
frame still calls `f` itself.

A function whose arguments are recorded begins with `W.record(…)`: no wrapper, which a program could
tell from its function.

`W` is a constant of the code object: the tree holds a string in its place (`hook_key`), which
`Hooks.fill` exchanges when the code is about to run. So no name is added anywhere, and code that is
pickled by value (cloudpickle) takes the number 1 along, whose `real` is true: elsewhere the code
runs as it was written.
Rejected: names in `builtins` (unknown in another process), `W` itself as the condition (the
compiler folds conditions that are constants).
"""

import _ast as ast
import sys

ONLY_AST = 0x400
SKIPPED = (ast.Await, ast.Yield, ast.YieldFrom)


def position(node):
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


def span(node):
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def attribute(key, name, like):
    """`W.name`, `W` being what `key` stands for."""
    constant = ast.Constant(value=key, **position(like))
    return ast.Attribute(value=constant, attr=name, ctx=ast.Load(), **position(like))


def call(key, name, argument, like):
    return ast.Call(func=attribute(key, name, like), args=[argument], keywords=[], **position(like))


def unless(key, plain, watched):
    """`plain if W.real else watched`"""
    test = attribute(key, "real", plain)
    if sys.version_info >= (3, 13):
        # One instruction less in every iteration: there a jump takes a bool, or tests for None.
        none = ast.Constant(value=None, **position(plain))
        test = ast.Compare(left=test, ops=[ast.IsNot()], comparators=[none], **position(plain))
    return ast.IfExp(test=test, body=plain, orelse=watched, **position(plain))


class Slot:
    """Where a node hangs in its parent."""

    __slots__ = ("field", "index", "parent")

    def __init__(self, parent, field, index=None):
        self.parent = parent
        self.field = field
        self.index = index

    def get(self):
        value = getattr(self.parent, self.field)
        return value if self.index is None else value[self.index]

    def put(self, node):
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def children(node):
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            yield Slot(node, field), value
        elif type(value) is list:
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield Slot(node, field, index), item


def nodes(tree, lines):
    """Slots with their nodes, parents first, where one of `lines` may lie inside."""
    stack = [(None, tree)]
    while stack:
        slot, node = stack.pop()
        yield slot, node
        for below, child in children(node):
            first = getattr(child, "lineno", None)
            # Decorators stand before the first line of what they decorate.
            anywhere = first is None or getattr(child, "decorator_list", None)
            if anywhere or any(first <= line <= child.end_lineno for line in lines):
                stack.append((below, child))


def compiled(source, name, spots, guarded):
    """The code of a file with hooks in it: (code, the hooks that it wants, how many of `spots` are
    not in it). A hook is wanted as (key, kind, what `Hooks.new_KIND` takes)."""
    tree = compile(source, name, "exec", ONLY_AST, True)
    wanted, unmatched = instrument(tree, spots)
    if guarded:
        guard(tree)
    return compile(tree, name, "exec", 0, True), wanted, unmatched


def hook_key(words):
    """Stands for hooks in a tree. No string of a program's own looks like this."""
    return f"\0rightlane {words}\0"


def instrument(tree, spots):
    """Instruments the loops and calls of `spots` in `tree`."""
    loops, calls, mapped, captured = spots
    by_iterable = {loop[3:7]: loop for loop in loops}
    by_call = {spot[2:6]: spot for spot in calls}
    by_function = {spot[2:6]: spot for spot in mapped}
    lines = sorted({key[0] for key in (*by_iterable, *by_call, *by_function)})
    if not lines:
        return capture(tree, captured), 0
    found = []
    for slot, node in nodes(tree, lines):
        if isinstance(node, ast.Call) and slot is not None:
            if span(node) in by_call:
                found.append((slot, watch_call, by_call[span(node)]))
            elif is_map(node) and span(node.args[0]) in by_function:
                found.append((slot, watch_map, by_function[span(node.args[0])]))
        found += loop_edits(slot, node, by_iterable)
    wanted = []
    # Innermost first: an edit moves what its node holds, never the node's own slot.
    for slot, edit, spot in reversed(found):
        wanted += edit(slot, spot)
    # Last: what it puts in has positions of the program's own nodes.
    wanted += capture(tree, captured)
    return wanted, len(by_iterable) + len(by_call) + len(by_function) - len(found)


def capture(tree, captured):
    """Has functions at the top level record their arguments, first of all."""
    wanted = []
    for name, path in captured:
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
                key = hook_key(f"capture {name}")
                record_arguments(key, node)
                wanted.append((key, "capture", path))
    return wanted


def record_arguments(key, function):
    """Puts `W.real or W.record((a, *args), {"b": b, **kwargs})` before the body, after a docstring."""
    first = head(function)
    like = function.body[min(first, len(function.body) - 1)]
    at = position(like)

    def read(argument):
        return ast.Name(id=argument.arg, ctx=ast.Load(), **at)

    taken = function.args
    arguments = [read(one) for one in (*taken.posonlyargs, *taken.args)]
    if taken.vararg:
        arguments.append(ast.Starred(value=read(taken.vararg), ctx=ast.Load(), **at))
    keys = [ast.Constant(value=one.arg, **at) for one in taken.kwonlyargs]
    values = [read(one) for one in taken.kwonlyargs]
    if taken.kwarg:
        keys.append(None)
        values.append(read(taken.kwarg))
    record = ast.Call(
        func=attribute(key, "record", like),
        args=[ast.Tuple(elts=arguments, ctx=ast.Load(), **at), ast.Dict(keys=keys, values=values, **at)],
        keywords=[],
        **at,
    )
    function.body.insert(first, ast.Expr(value=unless(key, ast.Constant(value=None, **at), record), **at))


def is_map(node):
    """Whether this looks like `map(f, items)`; whether it is the built-in one, the plan knows."""
    return len(node.args) >= 2 and not any(isinstance(part, ast.Starred) for part in node.args[:2])


def loop_edits(slot, node, by_iterable):
    """Edits for a loop's own node. With its slot goes the node whose position CPython gives to the
    call of `iter`, where that call has to be made by the program's frame before the loop runs."""
    if isinstance(node, ast.For):
        spot = by_iterable.get(span(node.iter))
        if spot is not None:
            yield Slot(node, "iter"), watch_loop, (spot, None)
    elif isinstance(node, ast.comprehension):
        spot = by_iterable.get(span(node.iter))
        if spot is not None and not node.is_async:
            owner = slot.parent
            # Until 3.11 every comprehension is a function that is handed an iterator.
            early = isinstance(owner, ast.GeneratorExp) or sys.version_info < (3, 12)
            outermost = owner.generators[0] is node
            # 3.13 and 3.14 mark the iterable when it fails to start, all others the whole.
            at = node.iter if (3, 13) <= sys.version_info < (3, 15) else owner
            yield Slot(node, "iter"), watch_loop, (spot, at if early and outermost else None)
    elif isinstance(node, ast.Call) and is_map(node):
        spot = by_iterable.get(span(node.args[1]))
        if spot is not None and spot[0] == "map":
            yield Slot(node, "args", 1), watch_loop, (spot, node)


def watch_loop(slot, found):
    (_, traits, number, *_), early = found
    node = slot.get()
    key = hook_key(f"loop {number}")
    inner = node if early is None else call(key, "iter", node, early)
    slot.put(unless(key, node, call(key, "enter", inner, node)))
    return [(key, "loop", number, early is not None, traits)]


def watch_call(slot, spot):
    site, index = spot[:2]
    node = slot.get()
    if any(isinstance(part, SKIPPED) for _, part in nodes(node, range(node.lineno, node.end_lineno + 1))):
        return []
    key = hook_key(f"call {site} {index}")

    def seen(argument):
        if isinstance(argument, ast.Starred):
            inner = call(key, "value", argument.value, argument.value)
            return ast.Starred(value=inner, ctx=ast.Load(), **position(argument))
        return call(key, "value", argument, argument)

    keywords = [
        ast.keyword(arg=keyword.arg, value=seen(keyword.value), **position(keyword)) for keyword in node.keywords
    ]
    watched = ast.Call(
        func=call(key, "begin", node.func, node.func),
        args=[seen(argument) for argument in node.args],
        keywords=keywords,
        **position(node),
    )
    slot.put(unless(key, node, call(key, "result", watched, node)))
    return [(key, "call", site, index, len(node.args) + len(node.keywords))]


def watch_map(slot, spot):
    site, index = spot[:2]
    node = slot.get()
    key = hook_key(f"call {site} {index}")
    function, items, *others = node.args
    # `map` calls `iter` when it is made; so does this, from the program's frame.
    early = call(key, "iter", items, node)
    watched = ast.Call(
        func=node.func,
        args=[call(key, "begin", function, function), call(key, "value", early, items), *others],
        keywords=node.keywords,
        **position(node),
    )
    slot.put(unless(key, node, call(key, "result", watched, node)))
    return [(key, "map", site, index)]


def head(tree):
    """Statements that have to stay first: the docstring and the `__future__` imports."""
    count = 0
    for statement in tree.body:
        docstring = (
            count == 0
            and isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str)
        )
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not docstring and not future:
            break
        count += 1
    return count


def guard(tree):
    """Puts the program into `try: … except: W.caught()`, in its own frame."""
    first = head(tree)
    body = tree.body[first:]
    if not body:
        return
    at = position(body[0])
    caught = ast.Call(func=attribute(hook_key("guard"), "caught", body[0]), args=[], keywords=[], **at)
    handler = ast.ExceptHandler(type=None, name=None, body=[ast.Expr(value=caught, **at)], **at)
    tree.body[first:] = [ast.Try(body=body, handlers=[handler], orelse=[], finalbody=[], **at)]
