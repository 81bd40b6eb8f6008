"""Makes the hooks that instrumented code calls, and hands them to it through `builtins`."""

import builtins
from posix import register_at_fork


class Hooks:
    """The hooks of one process. A forked child switches all of them off."""

    def __init__(self, ledger, load):
        self.ledger = ledger
        self.load = load
        self.names = builtins.__dict__
        self.flags = set()
        self.loops = {}
        self.calls = {}
        self.loop_part = None
        self.call_part = None
        self.names["__rl_iter__"] = iter
        register_at_fork(after_in_child=self.off)

    def add_loop(self, number, eager, traits, flag, enter):
        """Hooks of a loop: called again when a module is compiled again."""
        if number not in self.loops:
            self.loop_part = self.loop_part or self.load("loops")
            reservoir = self.load("reservoir")["Reservoir"]()
            loop = self.loop_part["Loop"](number, eager, traits, self.ledger, self.names, (flag, enter), reservoir)
            self.loops[number] = loop
            self.ledger.loops.append(loop)
            tight = loop.tight and not eager
            self.publish(flag, {enter: loop.enter_tight if tight else loop.enter})

    def add_call(self, site, index, values, names):
        """Hooks of a call with that many argument expressions."""
        if (site, index) not in self.calls:
            spot = self.new_call(site, index, values, names[0])
            self.publish(names[0], dict(zip(names[1:], (spot.begin, spot.value, spot.result))))

    def add_map(self, site, index, names):
        """Hooks of a call of `map`."""
        if (site, index) not in self.calls:
            spot = self.new_call(site, index, 1, names[0])
            hooks = (spot.begin_map, spot.values_of_map, spot.results_of_map)
            self.publish(names[0], dict(zip(names[1:], hooks)))

    def new_call(self, site, index, values, flag):
        self.call_part = self.call_part or self.load("calls")
        switch = self.switch(flag)
        spot = self.call_part["Call"](site, index, values, self.ledger, switch, self.load)
        self.calls[site, index] = spot
        self.ledger.calls.append(spot)
        return spot

    def publish(self, flag, hooks):
        self.flags.add(flag)
        self.names.update(hooks)
        self.names[flag] = self.ledger.dead

    def switch(self, flag):
        def off():
            self.names[flag] = True

        return off

    def off(self):
        self.ledger.dead = True
        self.names.update(dict.fromkeys(self.flags, True))
