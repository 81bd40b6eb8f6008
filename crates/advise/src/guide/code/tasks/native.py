import hashlib

ITEMS = range(20)


def work(item: int) -> str:
    data = bytes([item]) * 1_000_000
    digest = hashlib.sha256(data).hexdigest()  # releases the GIL
    return f"item {item}: {digest[:8]}"
