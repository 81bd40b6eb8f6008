"""Every other CPython that is here: does the main job run?"""

import pytest

import pythons

OTHERS = [version for version in pythons.found() if version not in pythons.THOROUGH]


@pytest.mark.parametrize("python", OTHERS, indirect=True)
def test_a_verdict_on_an_ordinary_program(advise, python):
    advised = advise(python, "guarded.py")
    assert advised.observed.code == 0
    assert advised.report["verdict"]["api"]


@pytest.mark.parametrize("python", OTHERS, indirect=True)
def test_what_a_program_sees_of_its_start_is_unchanged(advise, python):
    advise(python, "introspects.py", "an argument")


@pytest.mark.parametrize("python", OTHERS, indirect=True)
def test_a_program_that_fails(advise, python):
    assert advise(python, "raises.py").observed.code == 3
