"""`rightlane.ThreadPool` and `rightlane.ProcessPool`: real threads, real processes, real kills."""

import asyncio
import concurrent.futures
import contextvars
import functools
import gc
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import rightlane
from proving import wait_until

METHODS = ["fork", "forkserver", "spawn"]


@pytest.fixture
def forked():
    with rightlane.ProcessPool(2, multiprocessing.get_context("fork")) as pool:
        yield pool


def shows(code, python=sys.executable, **how):
    """What a program prints."""
    done = subprocess.run([python, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60, **how)
    return done.stdout, done.stderr, done.returncode


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before, or while it was read
        return False


# Tasks.


def fail(text):
    raise ValueError(text)


def fails_deep(text):
    fail(text)


def die(how):
    if how == "exit":
        os._exit(7)
    os.kill(os.getpid(), how)
    time.sleep(60)


def with_keywords(first, *, second):
    return first, second


def slept(seconds):
    time.sleep(seconds)
    return os.getpid()


def touch(path, wait=None):
    """Says that it has begun, and goes on when told to."""
    open(path, "w").close()
    while wait and not os.path.exists(wait):
        time.sleep(0.001)
    return path


class Unpicklable(Exception):
    def __init__(self, one, two):
        super().__init__(one)
        self.lock = threading.Lock()


def raises_unpicklable():
    raise Unpicklable("cannot be sent", 2)


class NeedsTwo(Exception):
    """Pickled like most people's exceptions: its arguments are lost, and it cannot be made again."""

    def __init__(self, one, two):
        super().__init__(one)


def raises_needs_two():
    raise NeedsTwo("one", "two")


# Both kinds.


def test_results_come_in_their_futures(pool):
    assert pool.submit(pow, 2, 10).result() == 1024
    assert pool.submit(with_keywords, 1, second="b").result() == (1, "b")
    futures = [pool.submit(abs, -number) for number in range(500)]
    assert [future.result() for future in futures] == list(range(500))


def test_an_exception_is_the_futures(pool):
    future = pool.submit(fail, "what went wrong")
    assert isinstance(future.exception(), ValueError)
    with pytest.raises(ValueError, match="what went wrong"):
        future.result()
    assert future.done() and not future.running() and not future.cancelled()


def test_a_map_keeps_the_order_and_takes_several_iterables(pool):
    assert list(pool.map(abs, [-3, 1, -2])) == [3, 1, 2]
    assert list(pool.map(pow, range(50), itertools.repeat(2))) == [number**2 for number in range(50)]
    assert list(pool.map(pow, range(50), itertools.repeat(2), chunksize=7)) == [number**2 for number in range(50)]
    assert list(pool.map(abs, [])) == []


def test_a_map_over_many_items(pool):
    assert sum(pool.map(abs, range(20_000))) == 199_990_000


def test_a_map_is_run_whether_or_not_results_are_asked_for(tmp_path):
    paths = [str(tmp_path / str(number)) for number in range(40)]
    for make in (rightlane.ThreadPool, rightlane.ProcessPool):
        with make(2) as pool:
            pool.map(touch, paths)
        assert all(os.path.exists(path) for path in paths)
        for path in paths:
            os.remove(path)


def test_a_map_over_an_endless_iterable(pool):
    results = pool.map(abs, itertools.count(), buffersize=4)
    assert list(itertools.islice(results, 100)) == list(range(100))
    results.close()


def test_a_maps_exception_comes_in_its_turn(pool):
    results = pool.map(int, ["1", "2", "three", "4"], chunksize=1)
    assert next(results) == 1 and next(results) == 2
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_a_map_whose_results_are_late(pool):
    with pytest.raises(concurrent.futures.TimeoutError):
        list(pool.map(slept, [0.5], timeout=0.01))


def test_a_timeout_leaves_the_task_going(pool):
    future = pool.submit(slept, 0.3)
    with pytest.raises(concurrent.futures.TimeoutError):
        future.result(timeout=0.01)
    assert future.result() > 0


def test_what_is_not_begun_can_be_cancelled(pool, tmp_path):
    go = tmp_path / "go"
    begun = [tmp_path / "one", tmp_path / "two"]
    busy = [pool.submit(touch, str(path), str(go)) for path in begun]
    wait_until(lambda: all(path.exists() for path in begun), lambda: begun)
    waiting = [pool.submit(abs, -1) for _ in range(10)]
    assert not busy[0].cancel()
    assert busy[0].running()
    assert waiting[3].cancel() and waiting[3].cancelled()
    assert waiting[3].cancel(), "it is cancelled, whoever asks again"
    go.touch()
    with pytest.raises(concurrent.futures.CancelledError):
        waiting[3].result()
    assert [future.result() for future in waiting if future is not waiting[3]] == [1] * 9


def test_shutdown_finishes_what_there_is(pool):
    futures = [pool.submit(slept, 0.001) for _ in range(50)]
    pool.shutdown()
    assert all(future.done() for future in futures)
    with pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(abs, 1)
    pool.shutdown()


def test_shutdown_that_cancels(pool, tmp_path):
    go = tmp_path / "go"
    begun = [tmp_path / "one", tmp_path / "two"]
    busy = [pool.submit(touch, str(path), str(go)) for path in begun]
    wait_until(lambda: all(path.exists() for path in begun), lambda: begun)
    waiting = [pool.submit(abs, -1) for _ in range(10)]
    pool.shutdown(wait=False, cancel_futures=True)
    go.touch()
    assert all(future.cancelled() for future in waiting)
    assert [future.result() for future in busy] == [str(path) for path in begun]


def test_the_standard_librarys_functions_take_the_futures(pool):
    futures = [pool.submit(slept, 0.01 * number) for number in range(4)]
    assert set(concurrent.futures.as_completed(futures)) == set(futures)
    done, late = concurrent.futures.wait([pool.submit(abs, 1)], timeout=20)
    assert len(done) == 1 and not late


def test_callbacks_are_called_once(pool):
    called = []
    future = pool.submit(abs, -5)
    future.add_done_callback(called.append)
    future.result()
    wait_until(lambda: called, lambda: "not called")
    future.add_done_callback(called.append)
    assert called == [future, future]


def test_futures_can_be_awaited(pool):
    async def main():
        return await pool.submit(abs, -1), await asyncio.wrap_future(pool.submit(abs, -2))

    assert asyncio.run(main()) == (1, 2)
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(loop.run_in_executor(pool, abs, -3)) == 3
    loop.close()


def test_several_threads_may_submit_and_wait(pool):
    def submits(results):
        results.extend(pool.submit(abs, -number).result() for number in range(200))

    lists = [[] for _ in range(4)]
    threads = [threading.Thread(target=submits, args=(one,)) for one in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert lists == [list(range(200))] * 4


def test_wrong_settings_are_refused():
    for make in (rightlane.ThreadPool, rightlane.ProcessPool):
        with pytest.raises(ValueError, match="max_workers"):
            make(0)
        with pytest.raises(TypeError, match="initializer"):
            make(1, initializer=3)
    with pytest.raises(ValueError, match="'task' or 'break'"):
        rightlane.ProcessPool(1, on_crash="never")


# Processes.


def test_every_start_method(processes):
    assert processes.submit(with_keywords, 1, second=2).result() == (1, 2)
    assert list(processes.map(abs, range(-100, 0))) == list(range(100, 0, -1))
    with pytest.raises(ValueError, match="sent back"):
        processes.submit(fail, "sent back").result()


def test_an_exceptions_cause_shows_where_it_was_raised(forked):
    error = forked.submit(fails_deep, "deep").exception()
    assert "in fails_deep" in str(error.__cause__)
    assert "raise ValueError(text)" in str(error.__cause__)
    assert "_worker.py" not in str(error.__cause__), "frames of ours are nobody's business"


def test_functions_that_cannot_be_imported(forked):
    offset = 10
    assert forked.submit(lambda number: number + offset, 5).result() == 15
    assert list(forked.map(lambda number: number * offset, [1, 2, 3])) == [10, 20, 30]
    assert forked.submit(functools.partial(pow, 2), 5).result() == 32
    assert forked.submit("a-b".split, "-").result() == ["a", "b"]
    offset = 20
    assert forked.submit(lambda number: number + offset, 5).result() == 25


def test_what_cannot_be_pickled_is_the_futures_exception(forked):
    with pytest.raises(TypeError, match="pickle"):
        forked.submit(abs, threading.Lock()).result()
    with pytest.raises(TypeError, match="pickle"):
        forked.submit(threading.Lock).result()
    assert forked.submit(abs, -1).result() == 1


def test_exceptions_that_cannot_be_sent_are_told(forked):
    for raises, text in ((raises_unpicklable, "cannot be sent"), (raises_needs_two, "one")):
        error = forked.submit(raises).exception()
        assert text in str(error)
        assert type(error).__name__ in ("RemoteError", "Unpicklable", "NeedsTwo")
        assert raises.__name__ in str(error.__cause__)


def test_large_arguments_and_results(forked):
    for size in (10, 10_000, 100_000, 10_000_000):
        data = os.urandom(size)
        assert forked.submit(bytes.upper, data).result() == data.upper()
    assert forked.submit(sum, range(10)).result() == 45
    many = list(range(200_000))
    assert forked.submit(list.copy, many).result() == many


def test_arrays_arrive_where_they_lie_and_can_be_written(forked):
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(1_000_000, dtype=numpy.float64)
    result = forked.submit(double_in_place, array).result()
    assert result[0] == numpy.arange(1_000_000).sum() * 2
    assert array[1] == 1.0
    made = forked.submit(numpy.ones, 2_000_000).result()
    made += 1
    assert made.sum() == 4_000_000
    for _ in range(50):
        made = forked.submit(numpy.ones, 2_000_000).result()
    assert made.sum() == 2_000_000


def double_in_place(array):
    array *= 2
    return [float(array.sum())]


def test_work_is_shared_out_again_when_a_worker_has_nothing_to_do(forked):
    quick = [forked.submit(abs, -1) for _ in range(2000)]
    for future in quick:
        future.result()
    # Quick tasks are sent far ahead; now a slow one comes in between.
    start = time.monotonic()
    slow = forked.submit(slept, 2.0)
    others = [forked.submit(abs, -1) for _ in range(200)]
    assert [future.result() for future in others] == [1] * 200
    assert time.monotonic() - start < 1.9, "they waited behind the slow one"
    slow.result()


@pytest.mark.parametrize("how", ["exit", signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_dead_worker_ends_only_its_task(forked, how):
    before = [forked.submit(slept, 0.01) for _ in range(20)]
    dead = forked.submit(die, how)
    after = [forked.submit(slept, 0.01) for _ in range(20)]
    error = dead.exception(60)
    assert isinstance(error, rightlane.WorkerDied)
    assert isinstance(error, concurrent.futures.process.BrokenProcessPool)
    assert error.exitcode == (7 if how == "exit" else -how)
    assert str(error.pid) in str(error)
    assert all(future.result(60) for future in before + after)
    assert error.pid not in {future.result() for future in after[-5:]}


def test_a_pool_that_breaks():
    pool = rightlane.ProcessPool(2, on_crash="break")
    others = [pool.submit(slept, 30) for _ in range(5)]
    pids = [process.pid for process in pool._state.processes.values()]
    os.kill(pids[0], signal.SIGKILL)
    for future in others:
        assert isinstance(future.exception(60), concurrent.futures.process.BrokenProcessPool)
    with pytest.raises(concurrent.futures.process.BrokenProcessPool):
        pool.submit(abs, 1)
    pool.shutdown()
    assert not any(map(alive, pids))


def test_an_initializer_that_fails_breaks_the_pool():
    for make in (rightlane.ProcessPool, rightlane.ThreadPool):
        pool = make(2, initializer=fail, initargs=("no start",))
        # It may be broken before the task is submitted, or after.
        with pool, pytest.raises(concurrent.futures.BrokenExecutor, match="no start"):
            pool.submit(slept, 0.1).result(60)


def test_workers_are_replaced_after_their_tasks():
    with rightlane.ProcessPool(1, max_tasks_per_child=3) as pool:
        pids = [pool.submit(os.getpid).result(60) for _ in range(9)]
    assert len(set(pids)) == 3


def test_workers_die_with_their_parent():
    code = """
        import os, rightlane, sys, time
        pool = rightlane.ProcessPool(2)
        print(*{pool.submit(os.getpid).result() for _ in range(50)}, flush=True)
        busy = [pool.submit(time.sleep, 60) for _ in range(2)]
        print("busy", flush=True)
        sys.stdin.read()
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    workers = [int(word) for word in parent.stdout.readline().split()]
    assert parent.stdout.readline() == "busy\n"
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(map(alive, workers)), lambda: f"{workers} live", grace=5)


def test_a_pool_that_nobody_has_any_more_ends_its_workers():
    pool = rightlane.ProcessPool(2)
    workers = [future.result() for future in [pool.submit(os.getpid) for _ in range(20)]]
    del pool
    gc.collect()
    wait_until(lambda: not any(map(alive, workers)), lambda: f"{workers} live")


def test_a_program_that_forgets_shutdown_ends_and_finishes_its_work(tmp_path):
    done = tmp_path / "done"
    code = f"""
        import rightlane, time
        pool = rightlane.ProcessPool(2)
        threads = rightlane.ThreadPool(2)
        pool.submit(open, {str(done)!r}, "w")
        threads.submit(time.sleep, 0.1)
        pool.submit(print, "done", flush=True)
    """
    out, err, code = shows(code)
    assert (out, err, code) == ("done\n", "", 0)
    assert done.exists()


def test_a_pool_in_a_forked_child_says_that_it_is_not_the_childs(forked):
    forked.submit(abs, 1).result()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            forked.submit(abs, 1)
        except BaseException as error:
            os.write(write, str(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    assert b"belongs to the process that made it" in os.read(read, 1000)
    os.close(read)
    assert forked.submit(abs, -1).result() == 1


def nested(numbers):
    with rightlane.ProcessPool(2) as pool:
        return list(pool.map(abs, numbers))


def test_pools_in_pools():
    with rightlane.ProcessPool(2) as pool:
        assert [future.result(60) for future in [pool.submit(nested, [-1, -2]) for _ in range(3)]] == [[1, 2]] * 3


def test_ctrl_c_ends_a_pool_with_its_tasks():
    code = """
        import rightlane, signal, sys, threading, time, os
        with rightlane.ProcessPool(2) as pool:
            print(*{pool.submit(os.getpid).result() for _ in range(50)}, flush=True)
            busy = [pool.submit(time.sleep, 60) for _ in range(4)]
            print("busy", flush=True)
            busy[0].result()
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    workers = [int(word) for word in parent.stdout.readline().split()]
    assert parent.stdout.readline() == "busy\n"
    os.killpg(parent.pid, signal.SIGINT)
    _, err = parent.communicate(timeout=30)
    assert "KeyboardInterrupt" in err
    wait_until(lambda: not any(map(alive, workers)), lambda: f"{workers} live", grace=5)


def test_an_idle_pool_does_not_wake_up(forked):
    forked.submit(abs, 1).result()
    workers = [process.pid for process in forked._state.processes.values()]

    def switches():
        total = 0
        for pid in workers:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/status") as status:
                    total += sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)
        return total

    time.sleep(0.3)
    before = switches()
    time.sleep(1.0)
    assert switches() - before <= 2


def test_nothing_is_left_of_pools():
    def descriptors():
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    def once():
        with rightlane.ProcessPool(2) as pool:
            list(pool.map(abs, range(100)))
            pool.submit(bytes, 1_000_000).result()

    once()
    before = descriptors()
    for _ in range(5):
        once()
    wait_until(lambda: descriptors() <= before, lambda: f"{descriptors()} descriptors, before {before}", grace=10)
    assert multiprocessing.active_children() == []


def test_a_script_without_a_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import multiprocessing, sys
            import rightlane

            class Point:
                def __init__(self, x):
                    self.x = x

            SCALE = 3

            def moved(point):
                return Point(point.x * SCALE)

            pool = rightlane.ProcessPool(2, multiprocessing.get_context(sys.argv[1]))
            points = list(pool.map(moved, [Point(1), Point(2)]))
            print([point.x for point in points], all(type(point) is Point for point in points))
            """
        )
    )
    for method in METHODS:
        done = subprocess.run([sys.executable, script, method], capture_output=True, text=True, timeout=60)
        assert (done.stdout, done.stderr) == ("[3, 6] True\n", ""), method


# Loops.


def test_results_as_soon_as_they_are_there(pool):
    assert sorted(pool.map_unordered(abs, range(-300, 0))) == list(range(1, 301))
    seen = list(pool.map_unordered(slept_for, [0.4, 0.0, 0.1], chunksize=1))
    assert seen.index(0.4) == 2


def slept_for(seconds):
    time.sleep(seconds)
    return seconds


def test_the_loops_of_a_multiprocessing_pool(pool):
    assert pool.starmap(pow, [(2, 3), (3, 2)]) == [8, 9]
    assert list(itertools.islice(pool.imap(abs, itertools.count()), 50)) == list(range(50))
    assert len(list(itertools.islice(pool.imap_unordered(abs, itertools.count(), chunksize=3), 50))) == 50
    assert pool.apply(with_keywords, (1,), {"second": 2}) == (1, 2)
    got, failed = [], []
    result = pool.apply_async(abs, (-4,), callback=got.append)
    assert result.get(60) == 4 and result.ready() and result.successful()
    wrong = pool.apply_async(fail, ("text",), error_callback=failed.append)
    wrong.wait(60)
    assert not wrong.successful()
    wait_until(lambda: got and failed, lambda: (got, failed))
    assert got == [4] and isinstance(failed[0], ValueError)


def test_a_loop_in_a_coroutine(pool):
    async def main():
        return [item async for item in pool.map(abs, range(-20, 0))], {
            item async for item in pool.map_unordered(abs, range(-20, 0))
        }

    assert asyncio.run(main()) == (list(range(20, 0, -1)), set(range(1, 21)))


def test_a_closed_loop_cancels_what_is_not_begun(pool, tmp_path):
    results = pool.map(touch, [str(tmp_path / str(number)) for number in range(2000)], chunksize=1, buffersize=10)
    next(results)
    results.close()
    pool.shutdown()
    assert len(list(tmp_path.iterdir())) < 1000
    assert list(results) == []


def test_a_lazy_loop_that_nobody_goes_on_with_does_not_hold_up_its_pool():
    for make in (rightlane.ThreadPool, rightlane.ProcessPool):
        with make(2) as pool:
            never = pool.map(abs, itertools.count(), buffersize=3)
            begun = pool.imap(abs, itertools.count())
            assert next(begun) == 0
        assert next(never) == 0
        with pytest.raises(RuntimeError, match="shutdown"):
            list(never)


def test_a_task_of_a_thread_sees_the_context_of_who_submitted_it():
    variable = contextvars.ContextVar("variable", default="none")
    with rightlane.ThreadPool(1) as pool:
        variable.set("one")
        first = pool.submit(variable.get)
        variable.set("two")
        second = pool.submit(variable.get)
        assert (first.result(), second.result()) == ("one", "two")


# Limits of tasks.


def loops_for_ever(path):
    touch(path)
    while True:
        pass


def ignores_what_it_is_told(path):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    touch(path)
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def begun(path):
    wait_until(path.exists, lambda: f"{path} is not there")


def test_a_task_that_takes_too_long_is_ended_and_its_worker_goes_on(forked, tmp_path):
    pid = forked.submit(os.getpid).result()
    late = forked.options(timeout=0.2).submit(loops_for_ever, tmp_path / "begun")
    others = [forked.submit(slept, 0.01) for _ in range(30)]
    with pytest.raises(TimeoutError, match="timeout"):
        late.result(30)
    assert all(future.result() for future in others)
    pids = {forked.submit(slept, 0.02).result() for _ in range(20)} | {pid}
    assert len(pids) <= 2, "no worker had to be replaced"


def test_time_counts_from_when_a_task_is_begun():
    with rightlane.ProcessPool(1) as pool:
        first = pool.submit(slept, 0.5)
        timed = pool.options(timeout=0.3).submit(slept, 0.05)
        assert timed.result(30) == first.result(30)


def test_a_task_that_will_not_end_is_killed(forked, tmp_path):
    late = forked.options(timeout=0.1).submit(ignores_what_it_is_told, tmp_path / "begun")
    with pytest.raises(TimeoutError):
        late.result(30)
    others = [forked.submit(slept, 0.01) for _ in range(10)]
    assert all(future.result(30) for future in others)
    forked.shutdown()
    assert multiprocessing.active_children() == []


def test_a_running_task_can_be_ended(forked, tmp_path):
    running = forked.submit(loops_for_ever, tmp_path / "begun")
    begun(tmp_path / "begun")
    assert not running.cancel()
    assert running.terminate()
    assert running.cancelled()
    assert not running.terminate() or running.cancelled()
    assert forked.submit(abs, -1).result(30) == 1
    waiting = [forked.submit(slept, 0.1) for _ in range(6)]
    assert waiting[-1].terminate() and waiting[-1].cancelled()
    assert all(future.result(30) for future in waiting[:-1])


def dies_once(path):
    if not os.path.exists(path):
        touch(path)
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


def test_a_task_with_retries_is_begun_again_after_a_death(forked, tmp_path):
    assert forked.options(retries=1).submit(dies_once, tmp_path / "died").result(30) == "survived"
    error = forked.options(retries=2).submit(die, signal.SIGKILL).exception(30)
    assert isinstance(error, rightlane.WorkerDied)


def dies_once_with(path, array):
    array[0] += 1
    dies_once(path)
    return float(array[0])


def test_a_task_that_is_begun_again_gets_its_arguments_as_they_were(forked, tmp_path):
    numpy = pytest.importorskip("numpy")
    array = numpy.zeros(100_000)
    assert forked.options(retries=1).submit(dies_once_with, tmp_path / "died", array).result(30) == 1.0


def test_higher_priorities_come_first(tmp_path):
    with rightlane.ProcessPool(1) as pool:
        go = tmp_path / "go"
        pool.submit(touch, str(tmp_path / "begun"), str(go))
        begun(tmp_path / "begun")
        order = []
        futures = [pool.options(priority=number % 3).submit(abs, number) for number in range(30)]
        for future in futures:
            future.add_done_callback(lambda future: order.append(future.result()))
        go.touch()
        concurrent.futures.wait(futures)
        wait_until(lambda: len(order) == 30, lambda: order)
    # Two or so were already with the worker.
    ranks = [number % 3 for number in order[3:]]
    assert ranks == sorted(ranks, reverse=True)


def test_what_workers_have_done():
    with rightlane.ProcessPool(1) as pool:
        pid = pool.submit(slept, 0.2).result()
        (worker,) = pool.stats()
        assert (worker.pid, worker.started, worker.tasks) == (pid, True, 1)
        assert worker.working >= 0.2 and 0 < worker.utilisation <= 1


def says_goodbye(path):
    with open(path, "a") as file:
        file.write(f"{os.getpid()}\n")


def hoards(size):
    rightlane.worker_state().hoard = b"x" * size
    return os.getpid()


def test_a_worker_that_has_grown_is_replaced(tmp_path):
    farewell = functools.partial(says_goodbye, tmp_path / "ended")
    with rightlane.ProcessPool(1, max_memory_per_child=300 << 20, finalizer=farewell) as pool:
        first = pool.submit(hoards, 1000).result()
        assert pool.submit(hoards, 400 << 20).result() == first
        assert pool.submit(hoards, 1000).result(30) != first
    assert len((tmp_path / "ended").read_text().split()) == 2


def remember(value):
    rightlane.worker_state().value = value


def recall():
    return rightlane.worker_state().value


def test_workers_keep_a_state_of_their_own():
    for make in (rightlane.ThreadPool, rightlane.ProcessPool):
        with make(2, initializer=remember, initargs=("kept",)) as pool:
            assert {future.result() for future in [pool.submit(recall) for _ in range(20)]} == {"kept"}


def test_wrong_options_are_refused(forked):
    with pytest.raises(ValueError, match="timeout"):
        forked.options(timeout=0)
    with pytest.raises(ValueError, match="retries"):
        forked.options(retries=-1)


def test_who_begins_to_wait_while_a_result_is_set_hears_of_it():
    called = []

    class Raced(rightlane.Future):
        """Somebody comes between the look whether anybody waits and the result."""

        _watched_now = False

        @property
        def _watched(self):
            watched = self._watched_now
            if self._state == "RUNNING" and not watched:
                self.add_done_callback(called.append)
            return watched

        @_watched.setter
        def _watched(self, watched):
            self._watched_now = watched

    tasks = rightlane._core.Tasks(Raced, lambda: None)
    future = tasks.submit(abs, (-3,), None)
    tasks.close()
    tasks.work(threading.get_ident())
    assert future.result(0) == 3
    assert called == [future]
