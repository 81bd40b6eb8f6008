rows = []
for number in range(200_000):
    rows.append(number % 7)
