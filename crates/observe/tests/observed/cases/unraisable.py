class Bad:
    def __del__(self):
        raise ValueError("in del")


for x in range(2):
    Bad()


def generator():
    try:
        yield 1
    finally:
        raise KeyError("closing")


for x in generator():
    break
print("end")
