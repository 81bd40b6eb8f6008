# counting primes with threads (homework 4)
import threading
import time

LIMIT = 200000
THREADS = 4

found = 0
primes = []


def is_prime(n):
    if n < 2:
        return False
    if n % 2 == 0:
        return n == 2
    i = 3
    while i * i <= n:
        if n % i == 0:
            return False
        i += 2
    return True


def count_range(start, stop):
    global found
    for n in range(start, stop):  # loop: yes
        if is_prime(n):
            primes.append(n)
            found += 1  # expect: RL216


def heartbeat():
    while True:
        time.sleep(1)
        print("... still working,", found, "so far")


def sequential(limit):
    result = []
    for n in range(limit):  # loop: yes
        if is_prime(n):
            result.append(n)
    return result


def sieve(limit):
    flags = [True] * limit
    flags[0] = flags[1] = False
    for i in range(2, int(limit ** 0.5) + 1):  # loop: no flags
        if flags[i]:
            for j in range(i * i, limit, i):  # loop: yes
                flags[j] = False
    return [i for i in range(limit) if flags[i]]


def twins(numbers):
    pairs = []
    prev = None
    for p in numbers:  # loop: no prev
        if prev is not None and p - prev == 2:
            pairs.append((prev, p))
        prev = p
    return pairs


def largest_gap(numbers):
    gaps = []
    for i in range(1, len(numbers)):  # loop: yes
        gaps.append(numbers[i] - numbers[i - 1])
    return max(gaps)


def main():
    ticker = threading.Thread(target=heartbeat)
    ticker.setDaemon(True)  # expect: RL505
    ticker.start()

    t0 = time.time()
    expected = sequential(LIMIT)
    t1 = time.time()
    print("one thread:  ", round(t1 - t0, 2), "s")

    threads = []
    step = LIMIT // THREADS
    for i in range(4):  # loop: no found
        t = threading.Thread(target=count_range, args=(i * step, (i + 1) * step))  # expect: RL101
        t.start()
        threads.append(t)
    for t in threads:  # loop: yes
        t.join()
    t2 = time.time()
    print("four threads:", round(t2 - t1, 2), "s")

    print("found", found, "expected", len(expected))
    print("same as sieve?", sorted(primes) == sieve(LIMIT))
    print("twin primes:", len(twins(expected)))
    print("largest gap:", largest_gap(expected))


if __name__ == "__main__":
    main()
