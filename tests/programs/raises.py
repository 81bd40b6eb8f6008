import sys


def convert(row):
    return 100 / row


total = 0
for row in [4, 3, 2, 1, 0]:
    print(convert(row))
    sys.stdout.flush()
