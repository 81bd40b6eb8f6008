import io
import sys
import contextlib
out = io.StringIO()
with contextlib.redirect_stdout(out):
    for x in range(3):
        print(x)
print(out.getvalue())
sys.stdout = sys.stderr
print("moved")
for x in range(2):
    1 / 0
