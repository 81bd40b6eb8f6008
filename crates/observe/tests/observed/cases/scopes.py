class Mixed:
    items = [1, 2, 3]
    doubled = [x * 2 for x in items]
    for item in items:
        print(str(item), item)
    __private = 4

    def method(self):
        for x in range(2):
            yield self.__private, super().__init__(), __class__.__name__, sorted(locals())

    def assign(self):
        if any((found := x) > 1 for x in self.items):
            return found

    @staticmethod
    def decorated(*args):
        for argument in args:
            yield argument


counter = 0


def count():
    global counter
    for _ in range(3):
        counter += 1
        print(vars() if counter > 2 else sorted(globals())[:3], dir())


def outer():
    total = 0

    def add(x):
        nonlocal total
        total += x

    for x in range(4):
        add(x)
    return total


def decorate(*labels):
    def wrap(function):
        function.labels = [str(label) for label in labels]
        return function

    return wrap


@decorate(*(x for x in range(3)))
def labelled():
    try:
        for x in range(3):
            try:
                if x == 1:
                    continue
                if x == 2:
                    return x
            finally:
                print("finally", x)
    finally:
        print("outer finally")


mixed = Mixed()
print(list(mixed.method()), mixed.assign(), mixed.doubled, list(Mixed.decorated(1, 2)))
count()
print(outer(), labelled(), labelled.labels)
if (n := len([y for y in range(3)])) > 2:
    print(n)
print([last := x for x in range(3)], last)
functions = [lambda x=x: x * 2 for x in range(3)]
print([f() for f in functions], [f(*[5]) for f in functions], [f(**{"x": 7}) for f in functions])
del mixed
for x in range(2):
    exec("made = x * 2")
    print(made, eval("x + 1"))
print(sorted(k for k in globals() if not k.startswith("__")))
