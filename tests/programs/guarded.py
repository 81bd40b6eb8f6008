import hashlib


def digest(block):
    return hashlib.sha256(block).hexdigest()


def main():
    blocks = [bytes([number]) * 200_000 for number in range(64)]
    digests = [digest(block) for block in blocks]
    print(digests[-1], __name__)


if __name__ == "__main__":
    main()
