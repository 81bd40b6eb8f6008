"""Word statistics of text files: how many words, how rich the vocabulary, how hard to read.

    python examples/word_statistics.py FOLDER

Without a folder, a few made-up books in a temporary one.
"""

import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

WORD = re.compile(r"[a-z]+")
VOWELS = re.compile(r"[aeiouy]+")


def statistics(path):
    text = path.read_text(encoding="utf-8")
    sentences = max(1, text.count("."))
    words = WORD.findall(text.lower())
    counts = Counter(words)
    syllables = sum(max(1, len(VOWELS.findall(word))) for word in words)
    reading_ease = 206.8 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)
    return len(words), len(counts), reading_ease


def report(folder):
    results = {}
    for path in sorted(folder.glob("*.txt")):
        results[path.name] = statistics(path)
    for name, (words, vocabulary, reading_ease) in results.items():
        print(f"{name:12} {words:8} words {vocabulary:6} different  ease {reading_ease:6.1f}")


def write_samples(folder):
    chance = random.Random(7)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    vocabulary = ["".join(chance.choices(letters, k=chance.randint(2, 11))) for _ in range(20_000)]
    sentences = [" ".join(chance.choices(vocabulary, k=14)) + ".\n" for _ in range(2_000)]
    for number in range(24):
        book = "".join(chance.choices(sentences, k=10_000))
        (folder / f"book{number:02}.txt").write_text(book, encoding="utf-8")


def main():
    if len(sys.argv) > 1:
        report(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_samples(Path(folder))
        report(Path(folder))


if __name__ == "__main__":
    main()
