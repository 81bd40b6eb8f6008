"""Calls inside calls: only what is written as map(f, items) is one."""

import functools


def question(name):
    return f"{name}?"


def scale(factor, number):
    return factor * number


def send(*parts):
    return [(type(part).__name__, part) for part in parts]


for number in range(3):
    print(question(number), ("an", "address"))
    print(send(question(number), [number, number]))
    print(list(map(functools.partial(scale, number), (1, 2))))
for number in range(3):
    sent = send(question(number), {"a": number})
    print(sent, *map(question, sent))
print(sorted(map(functools.partial(scale, 2), [3, 1, 2])))
