ITEMS = range(20)


def work(item: int) -> str:
    total = sum(number * number for number in range(item * 1_000))
    return f"item {item}: {total}"
