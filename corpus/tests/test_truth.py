"""A truth file's command line, on the real variants of a short program."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent


def truth(name, *arguments):
    command = [sys.executable, str(CORPUS / "truth" / f"{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


class CommandLine(unittest.TestCase):
    def test_a_parametrised_name_gives_the_output_of_the_program(self):
        program = CORPUS / "programs" / "prime_check.py"
        plain = subprocess.run([sys.executable, str(program)], capture_output=True, text=True).stdout.strip()
        for variant in ("sequential", "procs:2:7", "mp_pool:3:0:spawn"):
            with self.subTest(variant):
                self.assertEqual(json.loads(truth("prime_check", "--variant", variant).stdout)["output"], plain)

    def test_the_list_says_what_each_name_stands_for(self):
        listing = json.loads(truth("prime_check", "--list").stdout)
        self.assertEqual(listing["variants"]["threads8"]["same_as"], "threads:8")
        self.assertEqual(listing["variants"]["procs2_cK"]["same_as"], "procs:2:20")

    def test_an_unknown_variant_is_named(self):
        done = truth("prime_check", "--variant", "asyncio:5")
        self.assertEqual(done.returncode, 2)
        self.assertIn("asyncio:5: this program has no variant of that name", done.stderr)


if __name__ == "__main__":
    unittest.main()
