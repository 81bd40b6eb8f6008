"""What goes between a pool and its processes: large things, things that cannot be sent, things that lie about."""

import multiprocessing
import os
import threading
import time

import pytest

import rightlane
import rightlane.pool

MIB = 1 << 20


@pytest.fixture
def pool():
    with rightlane.ProcessPool(2, multiprocessing.get_context("fork")) as made:
        yield made


def length(data, wait=None):
    while wait and not os.path.exists(wait):
        time.sleep(0.001)
    return len(data)


class Detailed(Exception):
    """An exception with much to say."""

    def __init__(self, text, details):
        super().__init__(text, details)
        self.details = details


def raises_details(size):
    raise Detailed("much is wrong", b"x" * size)


def test_an_exception_may_be_large(pool):
    error = pool.submit(raises_details, 5 * MIB).exception(30)
    assert type(error) is Detailed and len(error.details) == 5 * MIB
    assert "raises_details" in str(error.__cause__)


def recurses(depth):
    if depth:
        recurses(depth - 1)
    raise ValueError("deep down")


def test_the_whole_traceback_of_a_deep_task_is_there(pool):
    error = pool.submit(recurses, 800).exception(30)
    assert isinstance(error, ValueError) and "deep down" in str(error.__cause__)


def test_submit_waits_while_too_much_is_in_flight(tmp_path):
    numpy = pytest.importorskip("numpy")
    go, array = tmp_path / "go", numpy.zeros(3 * MIB, numpy.uint8)
    with rightlane.ProcessPool(1, max_bytes_in_flight=8 * MIB) as pool:
        futures = [pool.submit(length, array, str(go)) for _ in range(2)]
        submitted = threading.Event()

        def submits():
            futures.append(pool.submit(length, array))
            submitted.set()

        thread = threading.Thread(target=submits)
        thread.start()
        found_room = submitted.wait(0.3)
        go.touch()
        assert not found_room
        assert submitted.wait(30)
        thread.join()
        assert [future.result(30) for future in futures] == [3 * MIB] * 3


def test_one_argument_may_be_larger_than_what_may_be_in_flight():
    with rightlane.ProcessPool(1, max_bytes_in_flight=MIB) as pool:
        assert [pool.submit(length, b"x" * (3 * MIB)).result(30) for _ in range(3)] == [3 * MIB] * 3


def test_a_loop_goes_on_where_its_chunks_wait_for_room():
    with rightlane.ProcessPool(2, max_bytes_in_flight=4 * MIB) as pool:
        items = [b"x" * MIB for _ in range(40)]
        assert list(pool.map(length, items)) == [MIB] * 40
        assert list(pool.map_unordered(length, items, buffersize=10)) == [MIB] * 40


def keeps(array):
    rightlane.worker_state().kept = array
    return array.nbytes


def test_what_a_worker_keeps_for_good_holds_nobody_up():
    numpy = pytest.importorskip("numpy")
    with rightlane.ProcessPool(1, max_bytes_in_flight=4 * MIB) as pool:
        assert pool.submit(keeps, numpy.zeros(3 * MIB, numpy.uint8)).result(30) == 3 * MIB
        assert pool.submit(length, b"x" * (3 * MIB)).result(30) == 3 * MIB


def test_plain_values_arrive_as_they_were(pool):
    values = [None, True, False, 0, -1, 2**31, -(2**63), 2**200, 0.0, -0.0, 1e308, float("inf"), "", "ä\ud800", b"\0"]
    values += ["x" * 100_000, b"y" * 100_000]
    for value in values:
        result = pool.submit(returned, value).result(30)
        assert type(result) is type(value) and repr(result) == repr(value)


def returned(value):
    return value


class Whole(int):
    """Not plain: a class of its own."""


def test_what_only_looks_plain_keeps_its_class(pool):
    assert type(pool.submit(returned, Whole(3)).result(30)) is Whole
    assert pool.submit(returned, (1, (2, [3]))).result(30) == (1, (2, [3]))


def slow_after(first):
    time.sleep(first)
    return os.getpid()


def test_what_waits_behind_a_task_that_turns_out_long_is_done_by_another_worker(pool):
    for _ in range(300):
        pool.submit(slow_after, 0).result()
    futures = [pool.submit(slow_after, 5 if number == 0 else 0) for number in range(6)]
    start = time.monotonic()
    assert all(future.result(30) for future in futures[1:])
    assert time.monotonic() - start < 4
    futures[0].terminate()


def test_so_it_is_when_nobody_waits_for_a_result(pool):
    for _ in range(300):
        pool.submit(slow_after, 0).result()
    done = []
    futures = [pool.submit(slow_after, 5 if number == 0 else 0) for number in range(6)]
    for future in futures:
        future.add_done_callback(done.append)
    start = time.monotonic()
    while len(done) < 5:
        assert time.monotonic() - start < 4
        time.sleep(0.001)
    futures[0].terminate()


def test_what_an_iterable_raises_is_raised_by_the_drop_ins_map():
    class Odd:
        def __len__(self):
            return 1

        def __iter__(self):
            return self

        def __next__(self):
            raise KeyError("nothing here")

    with rightlane.pool.ThreadPool(1) as pool, pytest.raises(KeyError, match="nothing here"):
        pool.map(abs, Odd())


def tells(connection, text):
    connection.send(text)
    connection.close()


def test_a_connection_arrives_as_one(processes):
    ours, theirs = multiprocessing.Pipe()
    processes.submit(tells, theirs, "from the worker").result(30)
    assert ours.poll(30) and ours.recv() == "from the worker"


def keeps_queue(queue):
    rightlane.worker_state().queue = queue


def puts(text):
    rightlane.worker_state().queue.put(text)


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_an_initializer_gets_a_queue(method):
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    with rightlane.ProcessPool(1, context, keeps_queue, (queue,)) as pool:
        pool.submit(puts, "through the queue").result(60)
        assert queue.get(timeout=30) == "through the queue"
