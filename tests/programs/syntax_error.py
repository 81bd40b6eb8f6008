def fine():
    return 1


for number in range(3)
    print(number)
