"""Two commands that compute, in turns on one machine.

A machine that others use, too, changes its speed by a fifth within seconds, and of two runs one
after the other either may be the lucky one. In turns both meet the same changes: pairs of
access_logs differed by 20 % (standard deviation) one after the other, by 2 % in turns of 0.1 s.
Not for commands that wait: what they wait for goes on while they are stopped.
"""

import os
import select
import signal
import subprocess
import time

# Longer than a command takes to start the program it observes, which `Turns.running` relies on.
TURN = 0.2


class Turns:
    """One of the commands, with all processes that it starts."""

    def __init__(self, arguments, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, environment=None):
        self.arguments = arguments
        self.stderr = stderr
        self.stdout = stdout
        self.environment = environment
        self.process = None
        self.descriptor = None
        self.started = 0.0
        self.ended = 0.0
        self.stops = []  # (begin, end)

    def go_on(self):
        """Runs it for a turn; returns whether it has ended."""
        if self.process is None:
            self.started = time.perf_counter()
            self.process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=self.stdout,
                stderr=self.stderr,
                env=self.environment,
                start_new_session=True,
            )
            self.descriptor = os.pidfd_open(self.process.pid)
        elif self.stops and self.stops[-1][1] is None:
            self.stops[-1] = (self.stops[-1][0], time.perf_counter())
            self.signal(signal.SIGCONT)
        # Not `wait` with a timeout, which asks again and again: that takes the caches from who is measured.
        if not select.select([self.descriptor], [], [], TURN)[0]:
            return False
        self.ended = time.perf_counter()
        self.process.wait()
        os.close(self.descriptor)
        return True

    def stop(self):
        self.signal(signal.SIGSTOP)
        self.stops.append((time.perf_counter(), None))

    def signal(self, number):
        os.killpg(self.process.pid, number)

    @property
    def seconds(self):
        """How long it ran, from its start to its end."""
        return self.running(self.ended - self.started)

    def running(self, seconds):
        """Of `seconds` that began about when the command did and ended while it was not stopped,
        those in which it was not."""
        end = self.started + seconds
        return seconds - sum(after - before for before, after in self.stops if before < end)

    def between(self, begin, end):
        """Of the seconds between two moments of `time.perf_counter`, which is the same clock in every
        process here, those in which it was not stopped."""
        stopped = (min(end, after) - max(begin, before) for before, after in self.stops)
        return end - begin - sum(seconds for seconds in stopped if seconds > 0)


def in_turns(*commands, timeout):
    """Runs all of them to their ends, or raises `TimeoutError` after so many seconds."""
    begun = time.perf_counter()
    left = list(commands)
    try:
        while left:
            for command in tuple(left):
                if command.go_on():
                    left.remove(command)
                elif time.perf_counter() - begun > timeout:
                    raise TimeoutError
                elif len(left) > 1:
                    command.stop()
    finally:
        for command in left:
            if command.process is not None:
                command.signal(signal.SIGKILL)
                command.process.wait()
