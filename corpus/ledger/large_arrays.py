"""NumPy releases the GIL for element by element arithmetic on large arrays."""

from known.measured import look, repeat, skip, tell

try:
    import numpy
except ImportError:
    skip("NumPy is not installed")

NUMBERS = numpy.random.default_rng(1).random(1_000_000)
ROOTS = numpy.empty_like(NUMBERS)


def work():
    repeat(lambda: numpy.exp(NUMBERS, out=ROOTS))


if __name__ == "__main__":
    tell(look(work).computed("native_released"))
