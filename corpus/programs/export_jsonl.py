"""Turn rows of the CRM export into JSON lines with tidy fields."""
import json
import random
import zlib


def make_rows(count=480_000, seed=48):
    rng = random.Random(seed)
    base = [f"{n};  {rng.choice(['Ann', 'Bob', 'Cleo', 'Dan'])} ;{rng.choice(['DE', 'fr', 'Us'])};{rng.randrange(10 ** 6) / 100}"
            for n in range(30_000)]
    return base * (count // len(base))


def to_line(row):
    number, name, country, amount = row.split(";")
    return json.dumps({"id": int(number), "name": name.strip(), "country": country.upper(), "amount": float(amount)})


def summary(lines):
    checksum = 0
    for line in lines[::100]:
        checksum = zlib.crc32(line.encode(), checksum)
    return f"{len(lines)} lines, {sum(map(len, lines))} bytes, checksum {checksum:08x}"


def main():
    rows = make_rows()
    lines = [to_line(row) for row in rows]
    print(summary(lines))


if __name__ == "__main__":
    main()
