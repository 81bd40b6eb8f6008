import sys

seen = []


def trace(frame, event, argument):
    if event == "call":
        seen.append(frame.f_code.co_name)
    return None


def work(x):
    return [y for y in (1, 2)]


def main():
    for x in range(2):
        work(x)


sys.settrace(trace)
main()
sys.settrace(None)
print([name for name in seen if name in ("main", "work")])
