"""Makes the hooks that instrumented code calls."""

from posix import register_at_fork


class Watch:
    """What instrumented code holds as a constant: whether it is off (`real`: True or None), and its
    hooks."""

    __slots__ = ("begin", "caught", "enter", "iter", "real", "result", "value")

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

    def add_guard(self, caught):
        """The key of the hook for exceptions that nobody caught."""
        return self.add("guard", lambda watch: setattr(watch, "caught", caught))

    def add_loop(self, number, eager, traits):
        """The key of a loop's hooks."""

        def fit(watch):
            reservoir = self.load("reservoir")["Reservoir"]()
            loop = self.load("loops")["Loop"](number, eager, traits, self.ledger, watch, reservoir)
            watch.enter = loop.enter_tight if loop.tight and not eager else loop.enter
            self.ledger.loops.append(loop)

        return self.add(f"loop {number}", fit)

    def add_call(self, site, index, values):
        """The key of the hooks of a call with that many argument expressions."""

        def fit(watch):
            spot = self.new_call(site, index, values, watch)
            watch.begin, watch.value, watch.result = spot.begin, spot.value, spot.result

        return self.add(f"call {site} {index}", fit)

    def add_map(self, site, index):
        """The key of the hooks of a call of `map`."""

        def fit(watch):
            spot = self.new_call(site, index, 1, watch)
            watch.begin, watch.value, watch.result = spot.begin_map, spot.values_of_map, spot.results_of_map

        return self.add(f"call {site} {index}", fit)

    def new_call(self, site, index, values, watch):
        spot = self.load("calls")["Call"](site, index, values, self.ledger, watch.off, self.load)
        self.ledger.calls.append(spot)
        return spot

    def add(self, words, fit):
        # No string of a program's own looks like this. A module that is compiled again gets the
        # hooks that it had.
        key = f"\0rightlane {words}\0"
        if key not in self.constants:
            watch = Watch()
            fit(watch)
            watch.real = self.ledger.dead or None
            self.constants[key] = watch
        return key

    def close(self):
        """The very last at exit: the program's own objects are to die as they would without us."""
        self.ledger.flush()
        self.kept = ()

    def off(self):
        self.ledger.dead = True
        for watch in self.constants.values():
            watch.real = True
