import sys

rows = [number * number for number in range(50_000)]
print(sum(rows), "rows were wrong")
sys.exit(3)
