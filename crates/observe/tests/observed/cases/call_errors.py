import traceback


def f(a, b=1, *, c=2):
    return a, b, c


class C:
    def method(self, a):
        return a


CALLS = [
    lambda: [f() for _ in [1]],
    lambda: [f(1, 2, 3) for _ in [1]],
    lambda: [f(1, d=3) for _ in [1]],
    lambda: [f(1, a=3) for _ in [1]],
    lambda: [f(*5) for _ in [1]],
    lambda: [f(**5) for _ in [1]],
    lambda: [f(1, c=1, **{"c": 2}) for _ in [1]],
    lambda: [C().method() for _ in [1]],
    lambda: [C().missing(1) for _ in [1]],
    lambda: [None(1) for _ in [1]],
    lambda: [undefined(1) for _ in [1]],
    lambda: [f(undefined, 1) for _ in [1]],
    lambda: [int("x", base=f(10)[0]) for _ in [1]],
    lambda: [len(5) for _ in [1]],
    lambda: [f(1)(f(2)) for _ in [1]],
]
for call in CALLS:
    try:
        print(call())
    except Exception:
        traceback.print_exc()


def order(label):
    print(label, end=" ")
    return label


def keep(*args, **kwargs):
    print(args, kwargs)
    return keep


for _ in range(2):
    keep(order(1), order(2), k=order(3), *order("45"), **{order("six"): order(7)})(order(8))


def fib(n):
    for _ in (1,):
        return n if n < 2 else fib(n - 1) + fib(fib.__defaults__ is None and n - 2)


print(fib(12))
