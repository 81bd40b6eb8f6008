"""Functions on their way to worker processes: sent once, then known by a number."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

import cloudpickle

from rightlane._core import Hub


def apply(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Calls a function that is sent with its arguments."""
    return function(*args, **kwargs)


class ByValue:
    """A function that other processes cannot import, as bytes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.pickled = cloudpickle.dumps(function)

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle.loads, (self.pickled,)


class Functions:
    """The functions that a pool's workers were told of.

    A function that workers can import is known by what it is, once and for all. Any other callable may change
    with what it refers to (a lambda's globals, a method's object), so it is pickled for every call.
    """

    def __init__(self, hub: Hub, main_is_there: bool) -> None:
        self._hub = hub
        self._main_is_there = main_is_there

    def number(self, function: Callable[..., Any]) -> int | None:
        """The number of a function that workers can import, None for others."""
        if type(function) not in (FunctionType, BuiltinFunctionType):
            return None
        number = self._hub.number(function)
        if number is None and is_importable(function, self._main_is_there):
            number = self._hub.define(function, pickle.dumps(function, 5))
        return number

    def sendable(self, function: Callable[..., Any]) -> Any:
        """What stands for a callable in arguments: itself where pickle can, else by its value."""
        if isinstance(function, FunctionType) and not is_importable(function, self._main_is_there):
            return ByValue(function)
        return function


def is_importable(function: Any, main_is_there: bool) -> bool:
    """Whether other processes find the function under its name, as pickle looks it up."""
    module = getattr(function, "__module__", None) or ""
    found: Any = sys.modules.get(module)
    if module == "__main__" and not main_is_there:
        return False
    for name in getattr(function, "__qualname__", "").split("."):
        found = getattr(found, name, None)
    return found is function
