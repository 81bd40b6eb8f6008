import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def square(number):
    return sum(number * number for _ in range(2000))


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        print(sum(pool.map(square, range(20))))
    with multiprocessing.Pool(2) as pool:
        print(sum(pool.map(square, range(20))))
