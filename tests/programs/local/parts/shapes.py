def size(number):
    total = 0
    for step in range(2000):
        total += step * number
    return number, total % 97
