import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--format", required=True)
parser.add_argument("--output")
parser.add_argument("numbers", nargs="+", type=int)
arguments = parser.parse_args()
print(arguments.format, arguments.output, [number * 2 for number in arguments.numbers])
