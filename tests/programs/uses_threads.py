import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread


def wait(seconds):
    time.sleep(seconds)
    return seconds


with ThreadPoolExecutor(max_workers=4) as pool:
    print(sum(pool.map(wait, [0.01] * 20)))
thread = Thread(target=wait, args=(0.05,))
thread.start()
thread.join()
