"""Count the words of all texts in a folder."""
import os
import random
import tempfile
import zlib
from collections import Counter
from pathlib import Path


def make_texts(folder, count=120, words=40_000, seed=53):
    rng = random.Random(seed)
    letters = "etaoinshrdlucmfw"
    vocabulary = ["".join(rng.choices(letters, k=rng.randrange(2, 9))) for _ in range(6000)]
    vocabulary += [word.capitalize() + rng.choice([",", ".", "!", ";"]) for word in vocabulary[:2000]]
    for number in range(count):
        chosen = rng.choices(vocabulary, k=words)
        lines = (" ".join(chosen[i:i + 12]) for i in range(0, words, 12))
        (Path(folder) / f"text-{number:03d}.txt").write_text("\n".join(lines))


def count_words(path):
    counts = Counter()
    with open(path, encoding="utf-8") as handle:
        for line in handle:
            for word in line.split():
                counts[word.strip(".,;!?").lower()] += 1
    return counts


def main():
    with tempfile.TemporaryDirectory() as folder:
        make_texts(folder)
        total = Counter()
        for name in sorted(os.listdir(folder)):
            total += count_words(os.path.join(folder, name))
    print(summary(total))


def summary(total):
    text = repr(sorted(total.items()))
    return f"{total.total()} words, {len(total)} different, checksum {zlib.crc32(text.encode()):08x}"


if __name__ == "__main__":
    main()
