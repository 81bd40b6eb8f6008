"""Tasks of threads that take too long or that nobody wants any more."""

import threading
import time

import pytest

import rightlane


@pytest.fixture
def pool():
    with rightlane.ThreadPool(1) as made:
        yield made


def loops_for_ever(begun, caught=None):
    begun.set()
    try:
        while True:
            sum(range(100))
    except BaseException as error:
        if caught is not None:
            caught.append(type(error))
        raise


def test_a_task_that_takes_too_long_is_ended_and_its_thread_goes_on(pool):
    caught = []
    thread = pool.submit(threading.get_ident).result()
    late = pool.options(timeout=0.2).submit(loops_for_ever, threading.Event(), caught)
    with pytest.raises(TimeoutError, match="timeout"):
        late.result(30)
    assert pool.submit(threading.get_ident).result(30) == thread
    assert caught == [rightlane.TaskInterrupted]


def test_time_counts_from_when_a_task_is_begun(pool):
    pool.submit(time.sleep, 0.4)
    assert pool.options(timeout=0.3).submit(abs, -1).result(30) == 1


def test_a_running_task_can_be_ended(pool):
    begun, ended = threading.Event(), []
    running = pool.submit(loops_for_ever, begun)
    running.add_done_callback(ended.append)
    assert begun.wait(30)
    assert not running.cancel()
    assert running.terminate()
    assert running.cancelled() and ended == [running]
    assert not running.terminate()
    assert pool.submit(abs, -1).result(30) == 1


def test_a_task_that_waits_is_cancelled(pool):
    begun = threading.Event()
    running = pool.submit(loops_for_ever, begun)
    waiting = pool.submit(abs, -1)
    assert begun.wait(30)
    assert waiting.terminate() and waiting.cancelled()
    assert running.terminate()


def test_an_exception_for_one_task_does_not_come_up_in_the_next(pool):
    for _ in range(200):
        begun = threading.Event()
        short = pool.submit(begun.set)
        assert begun.wait(30)
        short.terminate()
        assert pool.submit(abs, -1).result(30) == 1


def test_a_task_that_waits_in_c_code_is_over_for_its_future_at_once(pool):
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        pool.options(timeout=0.1).submit(time.sleep, 1.0).result(30)
    assert time.monotonic() - start < 0.9
    assert pool.submit(abs, -1).result(30) == 1


def test_a_loop_with_a_timeout_for_each_task(pool):
    results = pool.options(timeout=0.3).map(time.sleep, [0.01, 0.01, 5.0])
    assert next(results) is None and next(results) is None
    with pytest.raises(TimeoutError):
        next(results)


def test_higher_priorities_come_first(pool):
    go, order = threading.Event(), []
    pool.submit(go.wait, 30)
    futures = [pool.options(priority=number % 3).submit(order.append, number) for number in range(30)]
    go.set()
    assert all(future.result(30) is None for future in futures)
    assert [number % 3 for number in order] == sorted((number % 3 for number in order), reverse=True)


def test_a_pool_with_timeouts_leaves_no_thread():
    with rightlane.ThreadPool(1) as pool:
        pool.options(timeout=30).submit(abs, -1).result()
    deadline = time.monotonic() + 30
    while any("timer" in thread.name for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_wrong_options_are_refused(pool):
    with pytest.raises(ValueError, match="timeout"):
        pool.options(timeout=-1)
