for x in "bom":
    print(x)
print(1/0)
