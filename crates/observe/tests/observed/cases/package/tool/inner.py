def compute(x):
    return [y * 2 for y in range(x)]
