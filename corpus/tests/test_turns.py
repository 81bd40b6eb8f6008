"""Two commands in turns: both get to their ends, and the time of the other one does not count."""

import sys
import time
import unittest

from harness.turns import TURN, Turns, in_turns

COMPUTE = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass"


def computing(seconds):
    return Turns([sys.executable, "-c", COMPUTE.format(seconds)])


class InTurns(unittest.TestCase):
    def test_each_is_charged_for_its_own_time_only(self):
        one, other = computing(3 * TURN), computing(3 * TURN)
        start = time.perf_counter()
        in_turns(one, other, timeout=60)
        both = time.perf_counter() - start
        own = [command.seconds for command in (one, other)]
        self.assertEqual((one.process.returncode, other.process.returncode), (0, 0))
        self.assertGreaterEqual(min(own), 3 * TURN)
        self.assertLess(sum(own), both + 0.1 * TURN)

    def test_a_command_that_never_ends_is_ended_after_the_timeout(self):
        forever, short = computing(3600), computing(0)
        with self.assertRaises(TimeoutError):
            in_turns(forever, short, timeout=25 * TURN)
        self.assertLess(forever.process.returncode, 0)
        self.assertEqual(short.process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
