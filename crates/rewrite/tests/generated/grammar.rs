//! A small grammar of programs with loops.

/// Numbers that look random, and are the same for the same seed (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `sides`.
    fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(sides).expect("a number")).expect("a number")
    }

    /// Once in `times`.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn one<'o>(&mut self, of: &[&'o str]) -> &'o str {
        of[self.below(of.len())]
    }
}

/// What all programs start with: functions that always do the same for the same arguments.
const HEAD: &str = r#""""A generated program."""
import io
import zlib

BASE = 3
DATA = [5, 1, 4, 9, 2, 6]
PAIRS = {"a": 1, "b": 7, "c": 3}


def work(n, k=1):
    """A number made of two."""
    return zlib.crc32(b"%d %d" % (n, k)) % 97


def shaky(n):
    if n % 5 == 4:
        raise ValueError(f"not {n}")
    return n * 2


def both(n):
    return n + 1, n * n


def numbers(count):
    for n in range(count):
        yield n * 3


class Maker:
    def __init__(self, factor):
        self.factor = factor

    def scale(self, n):
        return n * self.factor


"#;

/// The header of a loop, and the number that is to be worked on.
fn header(dice: &mut Dice) -> (&'static str, &'static str) {
    const HEADERS: &[(&str, &str)] = &[
        ("for x in DATA:", "x"),
        ("for x in range(1, 7):", "x"),
        ("for i, x in enumerate(DATA):", "x"),
        ("for i, (x, z) in enumerate(zip(DATA, DATA)):", "x"),
        ("for x, other in zip(DATA, range(10)):", "x"),
        ("for key, x in PAIRS.items():", "x"),
        ("for x in sorted(DATA)[1:]:", "x"),
        ("for x in (n + 1 for n in DATA):", "x"),
        ("for x in numbers(5):", "x"),
        ("for x in []:", "x"),
        ("for x in [2, 3, 5]:  # primes", "x"),
        ("for name in PAIRS:", "PAIRS[name]"),
        ("for x in list(reversed(DATA)):", "x"),
        ("for x, *more in [(1, 2), (4, 5, 6)]:", "x"),
    ];
    HEADERS[dice.below(HEADERS.len())]
}

/// Statements before the call.
fn before(dice: &mut Dice, item: &str, lines: &mut Vec<String>) -> String {
    let mut item = item.to_owned();
    for _ in 0..dice.below(3) {
        match dice.below(11) {
            9 => {
                lines.push(format!("cell[0] = {item}"));
                item = "cell[0]".to_owned();
            }
            10 => {
                lines.push(format!("cell.append({item})"));
                item = "len(cell)".to_owned();
            }
            0 | 1 => {
                lines.push(format!("y = {item} + 2"));
                item = "y".to_owned();
            }
            2 => lines.push(format!("if {item} % 3 == 0:\n    continue")),
            3 => lines.push("# what comes before".to_owned()),
            4 => lines.push(format!("print(\"at\", {item})")),
            5 => lines.push("rounds += 1".to_owned()),
            6 => lines.push(format!("label = f\"<{{{item}}}>\"  # shown below")),
            7 => lines.push(format!("if {item} > 8:\n    break")),
            _ => lines.push(format!("table[{item}] = 0")),
        }
    }
    item
}

fn call(dice: &mut Dice, item: &str) -> String {
    match dice.below(10) {
        0 => format!("work({item}, 2)"),
        1 => format!("work({item}, k=BASE)"),
        2 => format!("work({item}, k={item})"),
        3 => format!("maker.scale({item})"),
        4 => format!("work({item} + 1, base)"),
        5 => format!("work(*both({item}))"),
        6 => format!("shaky({item})"),
        7 => format!("work(\n    {item},  # the item\n    base,\n)"),
        _ => format!("work({item})"),
    }
}

/// The statement with the call, and what follows.
fn with_call(dice: &mut Dice, item: &str, call: &str, lines: &mut Vec<String>) {
    match dice.below(12) {
        0 => lines.push(format!("results.append({call})")),
        1 => lines.push(format!("total += {call}")),
        2 => lines.push(format!("table[{item}] = {call}")),
        3 => lines.push(format!("print({item}, {call})")),
        4 => lines.push(format!(
            "out.write(f\"{{{}}};\")",
            call.replace('\n', " ").replace("# the item", "")
        )),
        5 => lines.push(format!("if {call} > 20:\n    results.append({item})")),
        6 => lines.push(call.to_owned()),
        7 => {
            let call = call.replace('\n', "\n    ");
            let handler = dice.one(&["results.append(-1)", "continue", "print(\"failed\", error)"]);
            lines.push(format!("try:\n    value = {call}\nexcept ValueError as error:\n    value = 0\n    {handler}"));
            after(dice, item, lines);
        }
        8 => {
            let call = call.replace('\n', "\n    ");
            lines.push(format!(
                "if {item} % 2:\n    value = {call}\nelse:\n    value = -1"
            ));
            after(dice, item, lines);
        }
        9 => {
            lines.push(format!("first, value = both({item})"));
            after(dice, item, lines);
        }
        _ => {
            lines.push(format!("value = {call}"));
            after(dice, item, lines);
        }
    }
}

/// What follows, with the result in `value`.
fn after(dice: &mut Dice, item: &str, lines: &mut Vec<String>) {
    for _ in 0..dice.below(4) {
        lines.push(match dice.below(12) {
            10 => "base = value % 5".to_owned(),
            11 => "cell[0] += value".to_owned(),
            0 => format!("results.append(({item}, value))"),
            1 => "total += value".to_owned(),
            2 => "if value > 40:\n    continue".to_owned(),
            3 => "if total > 60:\n    break".to_owned(),
            4 => "print(value, total)".to_owned(),
            5 => format!("table[{item}] = value"),
            6 => "# what comes after".to_owned(),
            7 => "rounds += 1".to_owned(),
            8 => "best = max(best, value)".to_owned(),
            _ => "out.write(f\"{value}\\n\")".to_owned(),
        });
    }
}

fn indented(lines: &[String], depth: usize) -> String {
    let pad = "    ".repeat(depth);
    let all = lines.iter().flat_map(|line| line.split('\n'));
    all.map(|line| format!("{pad}{line}\n")).collect()
}

fn for_loop(dice: &mut Dice) -> String {
    let (header, item) = header(dice);
    let mut body = Vec::new();
    let item = before(dice, item, &mut body);
    let call = call(dice, &item);
    with_call(dice, &item, &call, &mut body);
    if body.iter().all(|line| line.starts_with('#')) {
        body.push("pass".to_owned());
    }
    let mut text = format!("{header}\n{}", indented(&body, 1));
    if dice.once_in(6) {
        text.push_str("else:\n    print(\"to the end\")\n");
    }
    if dice.once_in(4) {
        let outer = dice.one(&[
            "for g in range(2):",
            "for g in []:",
            "for g in (1, 2):  # twice",
        ]);
        let own: Vec<String> = text.lines().map(str::to_owned).collect();
        let more = dice.one(&["", "    print(\"round\", g)\n"]);
        text = format!("{outer}\n{}{more}", indented(&own, 1));
    }
    text
}

fn while_loop(dice: &mut Dice) -> String {
    let (start, header, take) = match dice.below(4) {
        0 => (
            "waiting = list(DATA)",
            "while waiting:",
            "x = waiting.pop()",
        ),
        1 => (
            "waiting = list(DATA)",
            "while len(waiting) > 1:",
            "x = waiting.pop(0)",
        ),
        2 => (
            "waiting = iter(DATA)",
            "while (x := next(waiting, None)) is not None:",
            "# the next",
        ),
        _ => (
            "waiting = [*DATA, None]",
            "while True:",
            "x = waiting.pop(0)\nif x is None:\n    break",
        ),
    };
    let mut body = vec![take.to_owned()];
    let item = before(dice, "x", &mut body);
    let call = call(dice, &item);
    with_call(dice, &item, &call, &mut body);
    format!(
        "{start}\n{header}\n{}print(list(waiting))\n",
        indented(&body, 1)
    )
}

fn comprehension(dice: &mut Dice) -> String {
    let call = call(dice, "x").replace('\n', "\n    ");
    let clause = dice.one(&[
        "for x in DATA",
        "for x in DATA if x % 2",
        "for x in range(5) if x != 1 if x > 0",
        "for y in range(3) for x in range(y)",
        "for x, z in zip(DATA, DATA) if z",
        "for x in PAIRS.values()",
        "for x in numbers(4)",
    ]);
    match dice.below(11) {
        0 => format!("print([{call} {clause}])\n"),
        1 => format!("results = [({call}, x) {clause}]\n"),
        2 => format!("table = {{x: {call} {clause}}}\n"),
        3 => format!("print(sorted({{{call} % 7 {clause}}}))\n"),
        4 => format!("total = sum({call} {clause})\n"),
        5 => format!("print(any({call} > 50 {clause}))\n"),
        6 => format!("print(max(({call} {clause}), default=None))\n"),
        7 => format!("results = [x {clause} if {call} % 2]\n")
            .replace("if x % 2 if", "if x % 2 and")
            .replace("if z if", "if z and"),
        8 => "results = list(map(work, DATA))\n".to_owned(),
        9 => format!("lazy = ({call} {clause})\nprint(next(lazy, 0))\nprint(list(lazy))\n"),
        _ => format!("for value in [{call} {clause}]:\n    print(value)\n"),
    }
}

/// The program that a seed stands for.
pub fn program(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut text = HEAD.to_owned();
    let mut site = match dice.below(5) {
        0 => comprehension(&mut dice),
        1 => while_loop(&mut dice),
        _ => for_loop(&mut dice),
    };
    if dice.once_in(3) {
        site.push_str(&comprehension(&mut dice));
    }
    let start = "total = rounds = best = 0\nresults, table, cell = [], {}, [0]\nout = io.StringIO()\nbase, maker = 2, Maker(3)\n";
    let mut end = "print(total, rounds, best, results, table, cell)\nprint(repr(out.getvalue()))\n"
        .to_owned();
    if site.contains("x in") && dice.once_in(3) {
        end.push_str("print(locals().get(\"x\") if False else total)\n");
    }
    if site.starts_with("for x in DATA:") && dice.once_in(2) {
        end.push_str("print(\"last\", x)\n");
    }
    let whole: Vec<String> = format!("{start}{site}{end}")
        .lines()
        .map(str::to_owned)
        .collect();
    match dice.below(5) {
        // At the top level, without a guard.
        0 => text.push_str(&indented(&whole, 0)),
        1 => {
            text.push_str("class Program:\n    def run(self):\n");
            text.push_str(&indented(&whole, 2));
            text.push_str("\n\nif __name__ == \"__main__\":\n    Program().run()\n");
        }
        2 => text.push_str(&generator(&mut dice)),
        _ => {
            text.push_str("def main():\n    # what the program does\n");
            text.push_str(&indented(&whole, 1));
            text.push_str("\n\nif __name__ == \"__main__\":\n    main()\n");
        }
    }
    text
}

/// A generator function, and somebody who asks it.
fn generator(dice: &mut Dice) -> String {
    let (header, item) = header(dice);
    let mut body = Vec::new();
    let item = before(dice, item, &mut body);
    body.retain(|line| {
        !line.contains("rounds") && !line.contains("table") && !line.contains("cell")
    });
    let call = call(dice, &item)
        .replace("base", "BASE")
        .replace("maker.scale", "work");
    let item = if item.contains("cell") {
        "1".to_owned()
    } else if body.iter().any(|line| line.starts_with("y =")) {
        item
    } else {
        item.replace('y', "x")
    };
    match dice.below(3) {
        0 => body.push(format!("yield {call}")),
        1 => body.push(format!("value = {call}\nyield {item}, value")),
        _ => body.push(format!(
            "for part in range({call} % 3):\n    yield part, {item}"
        )),
    }
    let made = indented(&body, 2);
    let asked = dice.one(&[
        "print(list(made()))",
        "for value in made():\n    print(value)\n    if str(value) > \"5\":\n        break",
        "source = made()\nprint(next(source, None))\nsource.close()",
        "print(sum(1 for _ in made()))",
    ]);
    format!("def made():\n    \"\"\"Values.\"\"\"\n    {header}\n{made}\n\n{asked}\n")
}
