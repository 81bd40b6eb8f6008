"""A child process that runs Python code of its own, and the program that waits for it."""

import json
import subprocess
import sys

from known.measured import Clocks, Look, Span, look, repeat, tell


def count():
    total = 0
    for number in range(50_000):
        total += number * number % 7


def child():
    repeat(count)


def work(waiting):
    run = subprocess.Popen([sys.executable, __file__, "child"], stdout=subprocess.PIPE, text=True)
    with waiting:
        return run.communicate()[0]


def main():
    waiting, said = Clocks(), []
    seen = look(lambda: said.append(work(waiting)))
    seen.function = "work"
    seen.spent(pipe=waiting.total.blocked, cpu=seen.span.cpu)
    facts = json.loads(said[0])
    tell(seen, [Look(span=Span(**facts.pop("span")), **facts).computed("python_gil")])


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        done = look(child)
        print(json.dumps(vars(done) | {"span": vars(done.span)}))
    else:
        main()
