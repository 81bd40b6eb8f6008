"""NumPy releases the GIL while BLAS multiplies, here with one thread."""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

from known.measured import look, repeat, skip, tell

try:
    import numpy
except ImportError:
    skip("NumPy is not installed")

SIDE = 700
ONE = numpy.random.default_rng(1).random((SIDE, SIDE))
PRODUCT = numpy.empty_like(ONE)


def work():
    repeat(lambda: numpy.matmul(ONE, ONE, out=PRODUCT))


if __name__ == "__main__":
    tell(look(work).computed("native_released"))
