import sys

depth = 0


def down():
    global depth
    depth += 1
    for _ in [1]:
        down()


def plain():
    global depth
    depth += 1
    plain()


for function in (plain, down):
    depth = 0
    try:
        function()
    except RecursionError as error:
        # How far a loop gets, and which C call hits the limit, is not the same.
        print(function.__name__, (depth, error) if function is plain else str(error)[:32])


def tree(n):
    if n:
        for x in tree(n - 1):
            yield x
    yield n


print(sum(tree(300)))

if sys.version_info[:2] != (3, 12):
    # 3.12.1 itself crashes at this.
    sys.setrecursionlimit(6000)
    print(next(tree(5000)))
