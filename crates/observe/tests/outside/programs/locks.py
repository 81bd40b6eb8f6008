"""One thread holds a lock, or nobody does, and others wait; says who is who and stays so.

Prints `waiters TID ...` and, if a thread holds the lock, `holder TID`. Where a holder is to be
found its `with` ends in the comment `taken`.
"""

import concurrent.futures
import queue
import sys
import threading
import time
from collections.abc import Callable

FOREVER = 600.0

waiters: list[int] = []
holders: list[int] = []


def rest() -> None:
    time.sleep(FOREVER)


def start(body: Callable[[threading.Event], object]) -> int:
    """Start a thread; return its id once it says that it is where it is to be."""
    there = threading.Event()
    thread = threading.Thread(target=body, args=(there,), daemon=True)
    thread.start()
    there.wait()
    return thread.native_id or 0


def wait_in(body: Callable[[], object]) -> None:
    """Start a thread that waits in `body`."""

    def run(there: threading.Event) -> None:
        there.set()
        body()

    waiters.append(start(run))


def wait_for(lock: object) -> None:
    """Start a thread that waits for the lock in a `with`."""
    waiters.append(start(waits_in_with(lock)))


def waits_in_with(lock: object) -> Callable[[threading.Event], None]:
    """Wait for the lock in a `with`."""

    def wait(there: threading.Event) -> None:
        there.set()
        with lock:
            rest()

    return wait


def hold(body: Callable[[threading.Event], object]) -> None:
    """Start the holder."""
    holders.append(start(body))


def in_with(lock: object) -> Callable[[threading.Event], None]:
    """Hold the lock in a `with`."""

    def keep(there: threading.Event) -> None:
        with lock:  # taken
            there.set()
            rest()

    return keep


def acquires(lock: object) -> Callable[[threading.Event], None]:
    """Hold the lock without a `with`."""

    def keep(there: threading.Event) -> None:
        lock.acquire()
        there.set()
        rest()

    return keep


def lock_in_with() -> None:
    lock = threading.Lock()
    hold(in_with(lock))
    wait_for(lock)


def lock_waited_for_by_acquire() -> None:
    lock = threading.Lock()
    hold(in_with(lock))
    wait_in(lambda: lock.acquire(timeout=FOREVER))


def lock_waited_for_natively() -> None:
    lock = threading.Lock()
    hold(in_with(lock))
    wait_in(lock.acquire)


def lock_of_main_thread() -> None:
    lock = threading.Lock()
    holders.append(threading.get_native_id())
    with lock:  # taken
        for _ in range(3):
            wait_for(lock)
        done()


def lock_in_nested_with() -> None:
    first, second, third = threading.Lock(), threading.Lock(), threading.Lock()

    def keep(there: threading.Event) -> None:
        for _ in range(2):
            with first, open(__file__):
                for _ in [second]:
                    with second:  # taken
                        try:
                            with third:
                                raise ValueError
                        except ValueError:
                            for _ in range(3):
                                there.set()
                                rest()

    hold(keep)
    wait_for(second)


def lock_in_generator() -> None:
    lock = threading.Lock()

    def generate(there: threading.Event):
        with lock:  # taken
            there.set()
            rest()
            yield 1

    hold(lambda there: list(generate(there)))
    wait_for(lock)


def lock_below_recursion() -> None:
    lock = threading.Lock()

    def down(there: threading.Event, left: int) -> None:
        if left:
            down(there, left - 1)
        else:
            there.set()
            rest()

    def keep(there: threading.Event) -> None:
        with lock:  # taken
            # 3.10 needs a system call for each of these frames.
            down(there, 250 if sys.version_info >= (3, 11) else 50)

    hold(keep)
    wait_for(lock)


def lock_while_waiting_for_queue() -> None:
    lock = threading.Lock()
    items: queue.Queue[int] = queue.Queue()

    def keep(there: threading.Event) -> None:
        with lock:  # taken
            there.set()
            items.get()

    hold(keep)
    wait_for(lock)


def lock_of_busy_thread() -> None:
    lock = threading.Lock()

    def work(number: int) -> int:
        with threading.Lock():
            return sum(range(number % 50))

    def keep(there: threading.Event) -> None:
        with lock:  # taken
            there.set()
            number = 0
            while True:
                number += work(number) % 2 + 1

    hold(keep)
    wait_for(lock)


def lock_among_many_threads() -> None:
    lock = threading.Lock()
    others = threading.Lock()
    items: queue.Queue[int] = queue.Queue()
    for _ in range(60):
        threading.Thread(target=items.get, daemon=True).start()
    start(in_with(others))
    hold(in_with(lock))
    for _ in range(30):
        start(waits_in_with(others))
    wait_for(lock)


def lock_held_by_its_waiter() -> None:
    lock = threading.Lock()

    def keep(there: threading.Event) -> None:
        with lock:  # taken
            there.set()
            with lock:
                rest()

    hold(keep)
    waiters.extend(holders)


def lock_retaken() -> None:
    lock = threading.Lock()

    def had(there: threading.Event) -> None:
        with lock:
            pass
        with open(__file__):
            there.set()
            rest()

    start(had)
    hold(in_with(lock))
    start(had_in_try(lock))
    wait_for(lock)


def had_in_try(other: object) -> Callable[[threading.Event], None]:
    lock = threading.Lock()

    def had(there: threading.Event) -> None:
        try:
            with lock:
                raise ValueError
        except ValueError:
            there.set()
            rest()

    return had


def lock_retaken_by_acquire() -> None:
    lock = threading.Lock()

    def had(there: threading.Event) -> None:
        with lock:
            pass
        there.set()
        rest()

    def had_with_exception(there: threading.Event) -> None:
        try:
            with lock:
                raise ValueError
        except ValueError:
            there.set()
            rest()

    start(had)
    start(had_with_exception)
    start(acquires(lock))
    wait_for(lock)


def lock_acquired() -> None:
    lock = threading.Lock()
    start(acquires(lock))
    wait_for(lock)


def lock_released_by_hand() -> None:
    lock = threading.Lock()

    def lend(there: threading.Event) -> None:
        with lock:
            lock.release()
            there.set()
            rest()

    start(lend)
    start(acquires(lock))
    wait_for(lock)


def lock_of_condition() -> None:
    lock = threading.Lock()
    changed = threading.Condition(lock)

    def lend(there: threading.Event) -> None:
        with lock:
            there.set()
            changed.wait()

    start(lend)
    hold(in_with(lock))
    wait_for(lock)


def lock_of_condition_acquired() -> None:
    lock = threading.Lock()
    changed = threading.Condition(lock)

    def lend(there: threading.Event) -> None:
        with lock:
            there.set()
            changed.wait_for(lambda: False)

    start(lend)
    start(acquires(lock))
    wait_for(lock)


def lock_named_by_comprehension() -> None:
    lock = threading.Lock()

    def name(there: threading.Event) -> None:
        one = lock
        exits = lock.__exit__
        assert exits

        def stay(_: object) -> None:
            there.set()
            rest()

        [stay(exits) for exits in [one] for one in [exits]]

    start(name)
    start(acquires(lock))
    wait_for(lock)


def rlock_in_with() -> None:
    lock = threading.RLock()

    def keep(there: threading.Event) -> None:
        with lock:  # taken
            again(there)

    def again(there: threading.Event) -> None:
        with lock:
            there.set()
            rest()

    hold(keep)
    wait_for(lock)


def rlock_acquired() -> None:
    lock = threading.RLock()
    hold(acquires(lock))
    wait_for(lock)


def condition_as_lock() -> None:
    changed = threading.Condition()

    def keep(there: threading.Event) -> None:
        with changed:
            there.set()
            rest()

    hold(keep)
    wait_for(changed)


def condition() -> None:
    changed = threading.Condition()

    def body() -> None:
        with changed:
            changed.wait()

    wait_in(body)


def queue_get() -> None:
    wait_in(queue.Queue().get)


def queue_put() -> None:
    items: queue.Queue[int] = queue.Queue(1)
    items.put(1)
    wait_in(lambda: items.put(2, timeout=FOREVER))


def simple_queue() -> None:
    wait_in(queue.SimpleQueue().get)


def event() -> None:
    wait_in(threading.Event().wait)


def semaphore() -> None:
    wait_in(threading.Semaphore(0).acquire)


def barrier() -> None:
    wait_in(threading.Barrier(2).wait)


def join() -> None:
    thread = threading.Thread(target=rest, daemon=True)
    thread.start()
    wait_in(thread.join)


def future() -> None:
    wait_in(concurrent.futures.Future().result)


def futures() -> None:
    wait_in(lambda: concurrent.futures.wait([concurrent.futures.Future()]))


def done() -> None:
    print("waiters", *waiters)
    print("holder", *holders, flush=True)
    rest()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    done()
