import threading
import concurrent.futures


def work(x):
    return sum(y for y in range(x))


results = []
lock = threading.Lock()


def loop(base):
    for x in range(200):
        value = work(x + base)
        with lock:
            results.append(value)


threads = [threading.Thread(target=loop, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(results), sum(results), threading.active_count(), [t.name for t in threading.enumerate()])
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    print(sum(pool.map(work, range(100))))
    print([f.result() for f in [pool.submit(work, n) for n in range(5)]])
