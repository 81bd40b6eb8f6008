from concurrent.futures import ProcessPoolExecutor
import os


def work(x):
    return x * x


with ProcessPoolExecutor(2) as pool:
    for result in pool.map(work, range(10)):
        print(result)
    try:
        pool.submit(os._exit, 3).result()
    except Exception as error:
        print(type(error).__name__)
