"""Every lane: a program in Markdown with the verdict that it has to get.

A ```verdict block names what must hold, one `key: value` a line: `family`, `api`, `callee` (as
in the report), `independent` (yes, no, unknown), `carrier`, `workers_at_least`.
"""

import ast
import json
import re
from pathlib import Path

import pytest

from rightlane_command import PYTHONS, advise

LANES = sorted((Path(__file__).parent / "lanes").glob("*.md"))
INDEPENDENT = {"yes": True, "no": False, "unknown": None}


def blocks(lane: Path) -> tuple[str, dict[str, str]]:
    text = lane.read_text()
    code = re.search(r"```python\n(.*?)```", text, re.S)
    verdict = re.search(r"```verdict\n(.*?)```", text, re.S)
    assert code and verdict, f"{lane.name} lacks a python or a verdict block"
    expected = dict(line.split(": ", 1) for line in verdict[1].splitlines() if line)
    return code[1], expected


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: python.name)
@pytest.mark.parametrize("lane", LANES, ids=lambda lane: lane.stem)
def test_lane(lane: Path, python, tmp_path: Path) -> None:
    code, expected = blocks(lane)
    script = tmp_path / f"{lane.stem}.py"
    script.write_text(code)
    report = advise(script, python=python)
    verdict = report["verdict"]
    context = json.dumps(verdict["steps"], indent=1)
    if "family" in expected:
        assert verdict["family"] == expected["family"], context
    if "api" in expected:
        assert verdict["api"] == expected["api"], context
    if "workers_at_least" in expected:
        assert verdict["settings"]["workers"] >= int(expected["workers_at_least"]), context
    if verdict["code"]:
        compile(verdict["code"], "code", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if "callee" in expected or "independent" in expected or "carrier" in expected:
        check_site(report, expected)


def check_site(report: dict, expected: dict[str, str]) -> None:
    sites = report["sites"]
    if "callee" in expected:
        sites = [site for site in sites if site["callee"] == expected["callee"]]
        assert sites, [site["callee"] for site in report["sites"]]
    site = sites[0]
    if "independent" in expected:
        assert site["independent"] is INDEPENDENT[expected["independent"]], site["independence"]
    if "carrier" in expected:
        carriers = [carrier["name"] for carrier in site["independence"]["carriers"]]
        assert expected["carrier"] in carriers, carriers
