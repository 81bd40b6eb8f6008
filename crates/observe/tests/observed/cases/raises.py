def deeper(x):
    return 1 / x


def deep(values):
    return [deeper(x) for x in values]


for round in range(3):
    deep([3, 2, 1 - round % 2])
