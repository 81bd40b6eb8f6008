"""The options of the commands that judge Rightlane by the programs."""

import argparse
import sys

from .truthdata import SETS


def judging(doc):
    """A parser with what they share; `doc` begins with what the command is for."""
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    parser.add_argument("--rightlane", required=True, metavar="CMD", help="the command to judge")
    parser.add_argument("--python", default=sys.executable, help="runs the programs (default: this Python)")
    parser.add_argument("--set", choices=(*SETS, "all"), default="all")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME")
    parser.add_argument("--runs", type=int, default=3, help="runs of each variant (default 3)")
    parser.add_argument("--json", metavar="FILE", help="write all figures there too")
    return parser


def parsed(parser):
    args = parser.parse_args()
    if args.runs < 1:
        parser.error("--runs must be at least 1")
    return args
