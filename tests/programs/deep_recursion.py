import sys

sys.setrecursionlimit(3000)


def depth(number):
    for _ in range(1):
        if number:
            return depth(number - 1)
    return "deep"


print(depth(2500))
