import sys

from parts import shapes

print(__name__, sys.argv[1:], __package__)
print(sum(shapes.size(number)[1] for number in range(200)))
