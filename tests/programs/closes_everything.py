import os

for number in range(1000):
    number * number
os.write(1, b"closing\n")
os.closerange(0, 256)
