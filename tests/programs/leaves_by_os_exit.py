import os

for number in range(1000):
    number * number
os.write(1, b"left\n")
os._exit(0)
