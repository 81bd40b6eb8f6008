import sys

name = input()
lengths = [len(line) for line in sys.stdin]
print(name, len(lengths), sum(lengths))
