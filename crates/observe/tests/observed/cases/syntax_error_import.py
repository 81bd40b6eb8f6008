import sys
open("broken.py", "w").write("x = (\n")
try:
    import broken
except SyntaxError as error:
    print(error)
for x in range(2):
    print(x)
import broken
