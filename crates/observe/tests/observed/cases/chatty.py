import sys
for x in range(20000):
    print(x, "x" * 20)
    if x % 1000 == 0:
        print("err", x, file=sys.stderr)
