"""Makes the hooks that instrumented code calls."""

from posix import register_at_fork


class Watch:
    """What instrumented code holds as a constant: whether it is off (`real`: True or None), and its
    hooks."""

    __slots__ = ("begin", "caught", "enter", "iter", "real", "record", "result", "value")

    def __init__(self):
        self.real = None
        self.iter = iter

    def __reduce__(self):
        # The number 1 is `real`: in another process the code is never watched.
        return int, (1,)

    def off(self):
        self.real = True


class Hooks:
    """The hooks of one process, by the keys that stand for them in syntax trees. A forked child
    switches all of them off."""

    def __init__(self, ledger, load):
        self.ledger = ledger
        self.load = load
        self.constants = {}
        # What has to live as long as the program runs. (What is registered for `fork` lives on.)
        self.kept = ()
        register_at_fork(after_in_child=self.off)

    def add(self, wanted, unmatched):
        """Makes the hooks that the code of a file wants. A file that is compiled again gets those
        that it had."""
        self.ledger.unmatched += unmatched
        for key, kind, *words in wanted:
            if key not in self.constants:
                watch = Watch()
                getattr(self, f"new_{kind}")(watch, *words)
                watch.real = self.ledger.dead or None
                self.constants[key] = watch

    def new_guard(self, watch, caught):
        """For exceptions that nobody caught."""
        watch.caught = caught

    def new_loop(self, watch, number, eager, traits):
        """For a loop."""
        reservoir = self.load("reservoir")["Reservoir"]()
        loop = self.load("loops")["Loop"](number, eager, traits, self.ledger, watch, reservoir)
        watch.enter = loop.enter_tight if loop.tight and not eager else loop.enter
        self.ledger.loops.append(loop)

    def new_call(self, watch, site, index, values):
        """For a call with that many argument expressions."""
        spot = self.new_spot(watch, site, index, values)
        watch.begin, watch.value, watch.result = spot.begin, spot.value, spot.result

    def new_map(self, watch, site, index):
        """For a call of `map`."""
        spot = self.new_spot(watch, site, index, 1)
        watch.begin, watch.value, watch.result = spot.begin_map, spot.values_of_map, spot.results_of_map

    def new_capture(self, watch, path):
        """For a function whose arguments are recorded at `path`."""
        watch.record = self.load("capture")["Capture"](path, watch, self.ledger).record

    def new_spot(self, watch, site, index, values):
        spot = self.load("calls")["Call"](site, index, values, self.ledger, watch.off, self.load)
        self.ledger.calls.append(spot)
        return spot

    def fill(self, code):
        """`code` with the hooks in place of their keys."""
        filled = []
        for constant in code.co_consts:
            kind = type(constant)
            if kind is str:
                constant = self.constants.get(constant, constant)
            elif kind is type(code):
                constant = self.fill(constant)
            filled.append(constant)
        return code.replace(co_consts=tuple(filled))

    def close(self):
        """The very last at exit: the program's own objects are to die as they would without us."""
        self.ledger.flush()
        self.kept = ()

    def off(self):
        self.ledger.dead = True
        for watch in self.constants.values():
            watch.real = True
