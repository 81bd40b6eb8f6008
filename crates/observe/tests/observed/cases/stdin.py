import sys
print(input("name? "))
for line in sys.stdin:
    print("line", line.strip())
    if line.startswith("stop"):
        break
print(sys.stdin.readline())
