"""What the interpreter of a raced program is started with: leads to `rightlane_race_launch`, which is
kept compiled."""

import sys

home = __file__.rpartition("/")[0]
sys.path.append(f"{home}/hook")
wanted, sys.dont_write_bytecode = sys.dont_write_bytecode, False
import rightlane_race_launch  # noqa: E402

sys.dont_write_bytecode = wanted
rightlane_race_launch.launch(home)
