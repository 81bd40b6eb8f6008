"""The programs and what is known of them: truth.json and each truth file's own list."""

import json
import os
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent
TRUTH_FILE = CORPUS / "truth.json"
SETS = ("given", "own")


@dataclass
class Measured:
    """Median seconds of the work; None when it never ended with a time.

    quiet: in every counted run, other processes left the machine alone."""

    seconds: float | None
    runs: int
    same_output: bool
    error: str | None = None
    quiet: bool = True

    def stored(self):
        entry = {
            "seconds": None if self.seconds is None else round(self.seconds, 4),
            "runs": self.runs,
            "same_output": self.same_output,
        }
        if self.error:
            entry["error"] = self.error
        if not self.quiet:
            entry["quiet"] = False
        return entry


@dataclass
class Program:
    """One corpus program. listing: what `truth/NAME.py --list` prints;
    stored: the variants of truth.json; facts: tasks, sizes."""

    name: str
    set: str
    listing: dict
    stored: dict[str, Measured]
    facts: dict = field(default_factory=dict)

    @property
    def path(self):
        return CORPUS / "programs" / f"{self.name}.py"

    @property
    def guide_choice(self):
        return self.listing["meta"]["guide"]["choice"]

    @property
    def variants(self):
        return self.listing["variants"]

    def same_as(self, variant):
        """The API with settings that a name stands for."""
        return (self.variants.get(variant) or {}).get("same_as") or variant

    def is_redesign(self, variant):
        return (self.variants.get(variant) or {}).get("redesign", False)


def programs(python, which="all", only=()):
    """The chosen programs; a name of `only` that does not exist is an error."""
    stored = read()
    names = sorted(path.stem for path in (CORPUS / "programs").glob("*.py"))
    if unknown := sorted(set(only) - set(names)):
        raise SystemExit(f"no corpus program is called {', '.join(unknown)}")
    for name in names:
        entry = stored.get(name, {})
        belongs = entry.get("set", "own")
        if (only and name not in only) or which not in ("all", belongs):
            continue
        variants = {key: Measured(**value) for key, value in entry.get("variants", {}).items()}
        yield Program(name, belongs, listing(python, name), variants, entry.get("facts", {}))


def listing(python, name):
    done = subprocess.run([python, str(CORPUS / "truth" / f"{name}.py"), "--list"], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"truth/{name}.py --list failed; are corpus/requirements.txt installed?\n{done.stderr}")
    return json.loads(done.stdout)


def read():
    return json.loads(TRUTH_FILE.read_text()) if TRUTH_FILE.exists() else {}


def update(program, facts, measured, machine):
    """Replaces what was measured now, keeps the other variants (another build's)."""
    everything = read()
    old = everything.get(program.name, {})
    variants = old.get("variants", {}) | {name: one.stored() for name, one in measured.items()}
    everything[program.name] = {
        "set": program.set,
        **program.listing["meta"],
        "machine": machine,
        "facts": facts or old.get("facts", {}),
        "variants": variants,
    }
    temporary = TRUTH_FILE.with_suffix(".tmp")
    temporary.write_text(json.dumps(dict(sorted(everything.items())), indent=1) + "\n")
    os.replace(temporary, TRUTH_FILE)


def as_json(measured):
    return {name: asdict(one) for name, one in measured.items()}
