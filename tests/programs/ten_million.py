total = 0
for number in range(10_000_000):
    total += number & 3
print(total)
