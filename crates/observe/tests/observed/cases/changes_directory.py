import os
import sys
os.mkdir("sub")
os.chdir("sub")
for x in range(3):
    print(os.getcwd() == os.path.join(os.path.dirname(os.path.abspath(__file__)), "sub"))
os.environ["X"] = "1"
print(sorted(k for k in os.environ if "RIGHTLANE" in k.upper() or k == "X"), sys.path[0] == os.path.dirname(__file__))
print(os.listdir("."), sorted(os.listdir("..")))
