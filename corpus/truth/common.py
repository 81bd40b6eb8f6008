"""Shared machinery of the hand-made variants in this folder.

A truth file describes one program of ../programs:

    T = Truth(P, guide=..., independent=..., state=...)
    @T.setup            context manager: inputs, servers (not timed)
    T.mapping(...)      "for item in items: task(item)" under every API
    @T.coroutines       the same work with asyncio's own functions
    @T.api(name)        an API that the loop does not fit; takes the settings
    @T.variant(name)    anything else; takes the context, returns the output line
    T.main()            see command.py

A variant's name is either one of the truth file's own (`threads8`,
`procs2_cK`, `thread_class`, see --list) or an API with its settings:

    sequential              threads:WORKERS        threadpool:WORKERS:CHUNKSIZE
    procs:WORKERS:CHUNKSIZE[:START_METHOD]         mp_pool:WORKERS:CHUNKSIZE[:START_METHOD]
    asyncio:LIMIT           to_thread:LIMIT

A zero stands for the API's default; of a LIMIT, for no limit.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from collections.abc import Callable

import apis
import command

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "programs"))

TWO = 2  # ProcessPoolExecutor(), Pool() and ThreadPool() with two CPUs


@dataclass
class Variant:
    """run: takes the context, returns the output line. same_as: the API and
    settings which the name stands for. ft: worth measuring without the GIL.
    redesign: does another thing than choosing an API at the loop (own
    connections, blocks); measured, but no candidate for the best."""

    run: Callable[[Any], Any]
    same_as: str | None = None
    ft: bool = False
    redesign: bool = False


class Truth:
    def __init__(self, program, **meta):
        self.program = program
        self.meta = meta
        self.variants = {}
        self.apis = {}
        self.loop = None
        self.open = None

    def setup(self, manager):
        self.open = manager
        return manager

    def variant(self, name, ft=False, redesign=False):
        def register(function):
            self.variants[name] = Variant(function, ft=ft, redesign=redesign)
            return function

        return register

    def api(self, name):
        """Registers function(ctx, *settings) -> output line as `name:...`."""

        def register(function):
            self.apis[name] = function
            return function

        return register

    def name(self, name, same_as, ft=False):
        self.variants[name] = Variant(self.parse(same_as), same_as, ft)

    def mapping(self, threads=(2, 4, 6, 8, 32), extra=(), skip=(), **loop):
        """The usual variants of a loop; the arguments are those of apis.Loop.

        skip: names which make no sense here. extra: further APIs with settings
        that could be the best."""
        self.loop = apis.Loop(**loop)
        self.variants["sequential"] = Variant(lambda ctx: apis.run_sequential(self.loop, ctx), "sequential", ft=True)
        for api in apis.APIS:
            self.apis[api] = lambda ctx, *settings, api=api: apis.run_loop(self.loop, ctx, api, settings)
        usual = {f"threads{count}": f"threads:{count}" for count in threads}
        usual |= {"threadpool": f"threadpool:{TWO}:0", "procs2_c1": f"procs:{TWO}:1"}
        if self.loop.chunk != 1:
            usual["procs2_cK"] = f"procs:{TWO}:{self.loop.chunk}"
        usual |= {"mp_pool": f"mp_pool:{TWO}:0", "to_thread": "to_thread:0"}
        usual |= {same_as: same_as for same_as in extra}
        for name, same_as in usual.items():
            if name not in skip:
                self.name(name, same_as, ft=name in ("threads2", "threads4", "threads8"))

    def coroutines(self, function):
        """Registers `async def function(ctx, gather)`; it hands all its
        coroutines to `gather`, which keeps the limit."""

        @self.api("asyncio")
        def run(ctx, limit=0):
            async def gather(coroutines):
                return await apis.gather(coroutines, limit)

            return apis.asyncio.run(function(ctx, gather))

        self.name("asyncio", "asyncio:0")
        return function

    def find(self, name):
        if name in self.variants:
            return self.variants[name].run
        return self.parse(name)

    def parse(self, name):
        api, *settings = name.split(":")
        if api not in self.apis:
            raise apis.UnknownVariant(f"{name}: this program has no variant of that name; see --list")
        values = [int(word) if word.isdigit() else word for word in settings]
        return lambda ctx: self.apis[api](ctx, *values)

    def main(self):
        command.main(self)
