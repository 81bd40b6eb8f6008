import hashlib

ITEMS = range(20)


def work(item: int) -> str:
    data = bytes([item]) * 1_000_000
    return f"item {item}: {hashlib.sha256(data).hexdigest()[:8]}"  # hashing releases the GIL
