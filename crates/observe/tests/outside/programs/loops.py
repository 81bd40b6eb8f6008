"""A loop with a call that waits and one that computes, nested in another; a generator."""
import time


def fetch(number):
    time.sleep(0.02)
    return number


def parse(number):
    end = time.thread_time() + 0.01
    while time.thread_time() < end:
        number += 1
    return number


def main():
    for round in range(2):
        for number in range(10):
            item = fetch(number)
            parse(item)
    return sum(parse(n) for n in range(20))


main()
