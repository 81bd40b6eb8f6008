"""A bar for a loop's tasks."""

import io

import pytest


@pytest.mark.parametrize("chunksize", [None, 1, 7])
def test_every_task_is_told_of(pool, chunksize):
    told = []
    assert list(pool.map(abs, range(100), chunksize=chunksize, progress=told.append)) == list(range(100))
    assert sum(told) == 100
    told.clear()
    assert sorted(pool.map_unordered(abs, range(100), chunksize=chunksize, buffersize=5, progress=told.append)) == list(
        range(100)
    )
    assert sum(told) >= 90, "of a loop without a known end the last ones may be told too late"


def test_a_bar_of_tqdm(pool):
    tqdm = pytest.importorskip("tqdm")
    with tqdm.tqdm(total=50, file=io.StringIO()) as bar:
        assert len(list(pool.map(abs, range(50), progress=bar))) == 50
        assert bar.n == 50


def test_a_bar_of_rich(pool):
    console = pytest.importorskip("rich.console")
    from rich.progress import Progress

    with Progress(console=console.Console(file=io.StringIO())) as bar:
        assert len(list(pool.map(abs, range(50), progress=bar))) == 50
        assert bar.tasks[0].completed == bar.tasks[0].total == 50


def test_a_loop_that_is_given_up_ends_its_bar(pool):
    told = []
    results = pool.map_unordered(abs, range(1000), chunksize=1, progress=told.append)
    next(results)
    results.close()
    count = sum(told)
    assert 1 <= count <= 1000


def test_what_is_no_bar_is_refused(pool):
    with pytest.raises(TypeError, match="progress is 3"):
        pool.map(abs, [1], progress=3)
