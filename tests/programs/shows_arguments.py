import sys

print(ascii(sys.argv))
