"""What `prove.py` makes of its figures."""

import contextlib
import io
import os
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from types import SimpleNamespace

import prove
from harness.runs import Run
from harness.score import Prediction


def row(**changes):
    values = {
        "program": "some",
        "best": "threads8",
        "best_seconds": 0.5,
        "should_gain": True,
        "choice": "threads8",
        "regret": 1.0,
        "grade": "safe",
        "applied": True,
        "same_output": True,
        "before": 2.0,
        "after": 0.6,
        "by_hand": 0.6,
    }
    return prove.Row(**(values | changes))


def verdict(*rows):
    """Exit code and text of the summary."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = prove.summary(list(rows), None)
    return code, out.getvalue()


class Imports(unittest.TestCase):
    """A package that takes a while to import."""

    def seconds(self, program, by_hand, variant="asyncio:64"):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("site/heavy", "import time\ntime.sleep(0.2)\n"), ("truth/common", "")):
                (Path(folder) / name).parent.mkdir()
                (Path(folder) / f"{name}.py").write_text(text)
            paths = [Path(folder) / "some.py", Path(folder) / "truth" / "some.py"]
            for path, text in zip(paths, (program, by_hand), strict=True):
                path.write_text(text)
            some = SimpleNamespace(name="some", path=paths[0], same_as=lambda variant: variant)
            with (
                unittest.mock.patch.dict(os.environ, PYTHONPATH=f"{folder}/site"),
                unittest.mock.patch.object(prove, "CORPUS", Path(folder)),
            ):
                return prove.importing(sys.executable, some, variant)

    def test_what_only_the_file_written_by_hand_has_counts(self):
        self.assertGreater(self.seconds("import os\n", "import heavy\nimport common\nimport some\n"), 0.2)

    def test_what_the_program_has_too_does_not(self):
        self.assertEqual(self.seconds("import heavy, asyncio\n", "from heavy import time\n"), 0.0)

    def test_the_harness_does_not(self):
        self.assertEqual(self.seconds("import os, asyncio\n", "import json\nfrom common import Truth\n"), 0.0)

    def test_only_coroutines_need_their_clients(self):
        self.assertLess(self.seconds("import os\n", "import heavy\n", "to_thread:6"), 0.2)

    def test_pools_need_their_modules_and_the_program_as_it_is_needs_none(self):
        self.assertGreater(self.seconds("import os\n", "import os\n", "procs:2:1"), 0.0)
        self.assertEqual(self.seconds("import concurrent.futures.process\n", "import os\n", "procs:2:1"), 0.0)
        self.assertEqual(self.seconds("import os\n", "import os\n", "sequential"), 0.0)

    def test_each_variant_counts_with_its_own(self):
        run = Run(1.0, "", None, 0.0)
        found = prove.with_imports({"asyncio:64": run, "sequential": run}, {"asyncio:64": 0.5, "sequential": 0.0}.get)
        self.assertEqual([one.seconds for one in found.values()], [1.5, 1.0])


class Predictions(unittest.TestCase):
    def test_what_the_program_itself_takes_longer_is_no_error_of_a_prediction(self):
        raced = [Prediction("some", "sequential", 3.0, 2.0), Prediction("some", "threads2", 1.5, 1.0)]
        self.assertEqual([one.error for one in prove.as_prepared(raced)], [0.0, 0.0])

    def test_what_a_prediction_is_off_beside_the_program_is(self):
        raced = [Prediction("some", "sequential", 3.0, 2.0), Prediction("some", "threads2", 3.0, 1.0)]
        self.assertEqual([one.error for one in prove.as_prepared(raced)], [0.0, 1.0])

    def test_without_the_program_as_it_is_they_are_as_they_are(self):
        raced = [Prediction("some", "threads2", 3.0, 1.0)]
        self.assertEqual(prove.as_prepared(raced), raced)


class Summary(unittest.TestCase):
    def test_programs_that_are_edited_and_as_fast_as_by_hand_pass(self):
        code, text = verdict(row(), row(program="other", after=0.62))
        self.assertEqual(code, 0, text)

    def test_an_edit_with_another_output_is_not_accepted(self):
        code, text = verdict(row(), row(program="other", same_output=False))
        self.assertEqual(code, 1)
        self.assertIn("other", text)

    def test_an_edit_that_is_slower_than_by_hand_is_missed(self):
        self.assertEqual(verdict(row(after=0.9))[0], 1)

    def test_an_edit_of_a_program_that_must_stay_counts_if_it_slows_it_down(self):
        stays = {"should_gain": False, "best": "sequential", "choice": "sequential"}
        self.assertEqual(verdict(row(), row(program="stays", applied=False, same_output=None, **stays))[0], 0)
        self.assertEqual(verdict(row(), row(program="stays", after=2.5, **stays))[0], 1)

    def test_predictions_after_the_race_are_judged(self):
        far = [Prediction("some", "threads8", 1.0, 0.5)]
        self.assertEqual(verdict(row(predictions=far))[0], 1)

    def test_a_choice_of_asyncio_in_threads_is_not_asyncio(self):
        program = SimpleNamespace(listing={"apis": ["asyncio", "to_thread"]}, variants={}, facts={})
        best = {"api": "asyncio.TaskGroup", "settings": {"workers": 8, "limit": None}}
        raced = {"gain": True, "best": 1, "race": [{}, best]}
        self.assertTrue(prove.choice_of(raced, program).startswith("to_thread"))
        self.assertEqual(prove.choice_of({"gain": False, "best": 0, "race": []}, program), "sequential")


if __name__ == "__main__":
    unittest.main()
