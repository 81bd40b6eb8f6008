import builtins
iter = None
range_ = range
for x in range_(2):
    print((y for y in [x]).__name__)
del builtins.iter
print([z for z in (1, 2)], sum(z for z in (1, 2)))
