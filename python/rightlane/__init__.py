"""Which concurrency API should this Python program use?

The command line is the interface so far: ``rightlane advise script.py``, or
``python -m rightlane advise script.py``.
"""

from rightlane._core import __version__

__all__ = ["__version__"]
