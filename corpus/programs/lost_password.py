"""Try the words of a list as the password of an old archive until one fits."""
import hashlib
import random

SALT = b"archive-2019"
ROUNDS = 20_000


def make_words(count=2000, seed=51):
    rng = random.Random(seed)
    return ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8)) + str(rng.randrange(100)) for _ in range(count)]


def key_of(word):
    return hashlib.pbkdf2_hmac("sha256", word.encode(), SALT, ROUNDS)


def opens(word, lock):
    return key_of(word)[:16] == lock


def main():
    words = make_words()
    lock = key_of(words[420])[:16]
    found, tried = None, 0
    for word in words:
        tried += 1
        if opens(word, lock):
            found = word
            break
    print(summary(found, tried))


def summary(found, tried):
    return f"password {found} after {tried} words, checksum {hashlib.md5(repr((found, tried)).encode()).hexdigest()[:8]}"


if __name__ == "__main__":
    main()
