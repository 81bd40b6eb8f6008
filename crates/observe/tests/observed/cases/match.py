def kind(value):
    match value:
        case [x, *rest]:
            return [str(r) for r in rest]
        case {"k": v}:
            return v
        case int(n) if n > 1:
            return n
    return None


for value in ([1, 2, 3], {"k": 5}, 7, 0):
    print(kind(value), f"{kind(value)!r:>10} {[kind(v) for v in (1, 2)]}")
