"""Loops of all kinds, their exits and their errors."""
import sys


def double(x, *rest, scale=2, **more):
    return x * scale + len(rest) + len(more)


total = 0
for i in range(1000):
    total += double(i)
else:
    print("else", total)
for i in range(10):
    if i == 5:
        break
else:
    print("never")
print("i", i)
print([double(x, scale=y) for x in range(4) for y in range(3) if x != y])
print({double(x) for x in (1, 2, 3)}, {x: double(x, *[1, 2], **{"a": 1}) for x in "abc" if x} and 1)
print(sum(double(x) for x in range(100)), sorted(map(double, [3, 1, 2])), max(double(a) for a in [1, 5]))
print([[double(y) for y in range(x)] for x in range(4)])
it = iter(range(10))
for x in it:
    if x == 3:
        break
for x in it:
    print(x, end=" ")
print()
items = [1, 2, 3]
for x in items:
    if len(items) < 8:
        items.append(x * 10)
print(items)
try:
    table = {1: 1, 2: 2}
    for key in table:
        table[key + 10] = 1
except RuntimeError as error:
    print(error, error.__traceback__.tb_lineno)
for bad in (5, None):
    try:
        for x in bad:
            pass
    except TypeError as error:
        print(error)
    try:
        (x for x in bad)
    except TypeError as error:
        print(error)
    try:
        [x for x in bad]
    except TypeError as error:
        print(error)
    try:
        map(str, bad)
    except TypeError as error:
        print(error)


def search(values, wanted):
    for value in values:
        if value == wanted:
            return value
    return None


print(search([1, 2, 3], 2), search((), 1))
for a, (b, *c) in [(1, (2, 3, 4)), (5, (6,))]:
    print(a, b, c)
try:
    for a, b in [(1, 2), (3,)]:
        print(a, b)
except ValueError as error:
    print(error, error.__traceback__.tb_lineno)
for _ in []:
    print("never")
for x in *[1, 2], *(3,):
    print(x)
while total:
    total //= 10
    for digit in str(total):
        sys.stdout.write(digit)
print()
