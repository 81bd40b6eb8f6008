import inspect
import linecache


def work(x):
    # a comment
    return [y for y in range(x)]


class Thing:
    def method(self):
        for x in range(2):
            yield x


print(inspect.getsource(work), inspect.getsource(Thing.method), inspect.getsourcelines(Thing)[1])
print(work.__code__.co_name, work.__code__.co_firstlineno, work.__code__.co_filename, work.__code__.co_varnames)
print(linecache.getline(__file__, 1))
