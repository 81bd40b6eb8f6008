"""What every Python of a race gets: the texts of its variant, and the guard."""

import _thread
import os
import sys

import rightlane_race_guard
import rightlane_race_overlay


def install(home):
    """Does it."""
    # Of strings, numbers and lists only, which Python reads as JSON writes them.
    with open(f"{home}/run/plan", "rb") as file:
        plan = eval(file.read(), {"__builtins__": {}})
    if sys.version_info >= (3, 13) and not _thread._is_main_interpreter():
        mend_path_later(home, plan)
    if plan["copy"]:
        lead_to_copy(path(plan["root"]), path(plan["copy"]))
    files = {path(name): path(text) for name, text in plan["overlay"]}
    rightlane_race_overlay.install(home, files)
    if plan["guard"]:
        rightlane_race_guard.Guard(home, plan, path).install()


def lead_to_copy(root, copy):
    """Has what `.pth` files and PYTHONPATH find in the tree found in its copy. What the copy only has
    links to (a virtual environment) stays where it is, and so does Python itself."""
    for place, entry in enumerate(sys.path):
        is_python = entry.startswith((sys.base_prefix + "/", sys.prefix + "/"))
        if (entry == root or entry.startswith(root + "/")) and not is_python:
            ours = copy + entry[len(root) :]
            if os.path.isdir(ours) and os.path.realpath(ours) == ours:
                sys.path[place] = ours


def mend_path_later(home, plan):
    """In an interpreter beside the main one, CPython puts the folder of the script that it was
    started with, which is ours, on the path: after us, so that only the first import can mend it."""
    folder = path(plan["directory"])
    if not plan["module"]:
        folder = os.path.dirname(os.path.realpath(os.path.join(folder, path(plan["program"][0]))))

    class Mend:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if sys.path and sys.path[0] == home:
                sys.path[0] = folder
                # Another list: this one is being gone through.
                sys.meta_path = [finder for finder in sys.meta_path if finder is not Mend]

    sys.meta_path.insert(0, Mend)


def path(text):
    """A path as it travels: its bytes as latin-1."""
    return os.fsdecode(text.encode("latin-1"))
