from parts import shapes
from parts.areas import area

sizes = [shapes.size(number) for number in range(200)]
print(sum(area(width, height) for width, height in sizes))
