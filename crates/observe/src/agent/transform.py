"""Rewrites a program's syntax tree so that chosen loops and calls are seen.

Every new node has the position of the node that it stands for, so lines, columns and carets in
tracebacks stay what they are. A loop's `ITER` becomes `ITER if off else hook(ITER)`; a call's
`f(a)` becomes `f(a) if off else result(begin(f)(value(a)))`: the program's own frame still calls
`f` itself. Names live in `builtins`, end in `__` (class bodies would mangle them) and are declared
global at module level, where a plain name would be looked up in three dicts each time.
"""

import _ast as ast
import sys

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


def name(text, like):
    return ast.Name(id=text, ctx=ast.Load(), **position(like))


def call(function, argument, like):
    return ast.Call(func=name(function, like), args=[argument], keywords=[], **position(like))


def unless(flag, plain, watched):
    """`plain if flag else watched`"""
    return ast.IfExp(test=name(flag, plain), body=plain, orelse=watched, **position(plain))


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


def instrument(tree, spots, hooks):
    """Instruments the loops and calls of `spots` in `tree`, telling `hooks` of each."""
    loops, calls = spots
    by_iterable = {loop[3:7]: loop for loop in loops}
    by_call = {spot[2:6]: spot for spot in calls}
    lines = sorted({key[0] for key in (*by_iterable, *by_call)})
    if not lines:
        return
    found = []
    for slot, node in nodes(tree, lines):
        if isinstance(node, ast.Call) and slot is not None:
            if span(node) in by_call:
                found.append((slot, watch_call, by_call[span(node)]))
            elif is_map(node) and span(node.args[0]) in by_call:
                found.append((slot, watch_map, by_call[span(node.args[0])]))
        found += loop_edits(slot, node, by_iterable)
    names = []
    # Innermost first: an edit moves what its node holds, never the node's own slot.
    for slot, edit, spot in reversed(found):
        names += edit(slot, spot, hooks) or ()
    hooks.ledger.unmatched += len(by_iterable) + len(by_call) - len(found)
    if names:
        tree.body.insert(head(tree), declare(names, tree))


def is_map(node):
    """Whether this looks like `map(f, items)`; that it is the built-in one, the plan knows."""
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
            at = node.iter if sys.version_info >= (3, 13) else owner
            yield Slot(node, "iter"), watch_loop, (spot, at if early and outermost else None)
    elif isinstance(node, ast.Call) and is_map(node):
        spot = by_iterable.get(span(node.args[1]))
        if spot is not None and spot[0] == "map":
            yield Slot(node, "args", 1), watch_loop, (spot, node)


def watch_loop(slot, found, hooks):
    (_, traits, number, *_), early = found
    node = slot.get()
    flag, enter = f"__rl_s{number}__", f"__rl_i{number}__"
    inner = node
    if early is not None:
        inner = ast.Call(func=name("__rl_iter__", node), args=[node], keywords=[], **position(early))
    slot.put(unless(flag, node, call(enter, inner, node)))
    hooks.add_loop(number, early is not None, traits, flag, enter)
    return flag, enter


def watch_call(slot, spot, hooks):
    site, index = spot[:2]
    node = slot.get()
    if any(isinstance(part, SKIPPED) for _, part in nodes(node, range(node.lineno, node.end_lineno + 1))):
        return None
    number = f"{site}_{index}"
    flag, begin, value, result = (f"__rl_{kind}{number}__" for kind in "cbvp")

    def seen(argument):
        if isinstance(argument, ast.Starred):
            inner = call(value, argument.value, argument.value)
            return ast.Starred(value=inner, ctx=ast.Load(), **position(argument))
        return call(value, argument, argument)

    keywords = [
        ast.keyword(arg=keyword.arg, value=seen(keyword.value), **position(keyword)) for keyword in node.keywords
    ]
    watched = ast.Call(
        func=call(begin, node.func, node.func),
        args=[seen(argument) for argument in node.args],
        keywords=keywords,
        **position(node),
    )
    slot.put(unless(flag, node, call(result, watched, node)))
    hooks.add_call(site, index, len(node.args) + len(keywords), (flag, begin, value, result))
    return flag, begin, value, result


def watch_map(slot, spot, hooks):
    site, index = spot[:2]
    node = slot.get()
    names = tuple(f"__rl_{kind}{site}_{index}__" for kind in "cbvp")
    flag, begin, values, results = names
    function, items, *others = node.args
    # `map` calls `iter` when it is made; so do these, from the program's frame.
    early = ast.Call(func=name("__rl_iter__", node), args=[items], keywords=[], **position(node))
    watched = ast.Call(
        func=node.func,
        args=[call(begin, function, function), call(values, early, items), *others],
        keywords=node.keywords,
        **position(node),
    )
    slot.put(unless(flag, node, call(results, watched, node)))
    hooks.add_map(site, index, names)
    return names


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


def declare(names, tree):
    return ast.Global(names=sorted(set(names)), **position(tree.body[head(tree)]))


def guard(tree):
    """Puts the program into `try: … except: __rl_caught__()`, in its own frame."""
    first = head(tree)
    body = tree.body[first:]
    if not body:
        return
    at = position(body[0])
    caught = ast.Call(func=name("__rl_caught__", body[0]), args=[], keywords=[], **at)
    handler = ast.ExceptHandler(type=None, name=None, body=[ast.Expr(value=caught, **at)], **at)
    tree.body[first:] = [ast.Try(body=body, handlers=[handler], orelse=[], finalbody=[], **at)]
