import time

ITEMS = range(20)


def work(item: int) -> str:
    time.sleep(0.05)  # stands for waiting: a download, a query, a device
    return f"item {item} done"
