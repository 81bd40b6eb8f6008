"""Fill the letter template for every customer of the mailing list."""
import random
import zlib


def make_customers(count=1_300_000, seed=56):
    rng = random.Random(seed)
    base = [f"{number};{rng.choice(['Ms', 'Mr'])} {rng.choice(['Adams', 'Brook', 'Cole', 'Diaz'])};"
            f"{rng.choice(['Leeds', 'Turin', 'Graz'])};{rng.randrange(1990, 2024)};{rng.randrange(9000)}"
            for number in range(20_000)]
    return base * (count // len(base))


def fill(customer):
    number, name, city, year, points = customer.split(";")
    bonus = 2 * int(points) if int(year) < 2010 else 500
    return f"""{name},

thank you for being with us since {year}. Your number is {number}, and with it you
have {points} points on your account and {bonus} as a present. Until the end of the month every purchase in
our shop in {city} counts twice; bring this letter with you. If you want no more
letters from us, tell the shop or write to letters@shop.example.test.

We look forward to seeing you.
The {city} team
"""


def summary(letters):
    checksum = 0
    for letter in letters:
        checksum = zlib.crc32(letter.encode(), checksum)
    return f"{len(letters)} letters, {sum(map(len, letters))} characters, checksum {checksum:08x}"


def main():
    customers = make_customers()
    letters = []
    for customer in customers:
        letters.append(fill(customer))
    print(summary(letters))


if __name__ == "__main__":
    main()
