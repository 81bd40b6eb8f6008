# Everything here sets itself up. Needed: Rust (rustup), Python 3.10 or later, make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORPUS_VENV := target/corpus-venv
BENCH_VENV := target/bench-venv
POOLS_VENV := target/pools-venv
# The Python that the corpus' stored times were measured with, if it is here: a shim of a version that
# is not switched on does not count, so each is tried.
CORPUS_PYTHON := $(shell for python in python3.13 $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13.*/bin/python3.13; do \
	$$python -c "" 2>/dev/null && echo $$python && exit; done; echo $(PYTHON))
CARGO := cargo

# What the installed package is built from: `make demo` and `make test` install it anew only when
# one of these changed.
SOURCES := $(shell find crates/*/src python/rightlane -type f ! -name '*.pyc') \
	$(wildcard crates/*/Cargo.toml crates/*/build.rs) Cargo.toml Cargo.lock pyproject.toml README.md

.PHONY: demo test test-rust test-python test-corpus lint pythons regret prove-corpus conformance bench-pools chaos ctrl-c kill-points loom ledger bench-observe observe-cost sampling-cost check-quality bench-check check-packages schema fuzz fuzz-observe fuzz-check clean

demo: $(VENV)/.installed ## Run the main job on an example
	$(BIN)/rightlane advise examples/word_statistics.py

test: test-rust test-corpus test-python ## All tests

test-rust:
	$(CARGO) test --workspace --exclude rightlane-python --locked

test-corpus: $(VENV)/.dev
	cd corpus && $(abspath $(BIN))/python -m unittest discover -s tests -t .

test-python: $(VENV)/.installed $(VENV)/.dev
	$(BIN)/python -m pytest

lint: $(VENV)/.dev ## Formatting, lints, types
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

pythons: ## The CPythons to test with that are not here yet
	$(PYTHON) tools/pythons

regret: $(VENV)/.installed $(CORPUS_VENV)/.ready ## How good the verdicts are (an hour of measuring)
	cd corpus && $(abspath $(CORPUS_VENV))/bin/python regret.py \
		--rightlane $(abspath $(BIN))/rightlane --python $(abspath $(CORPUS_VENV))/bin/python $(ARGS)

prove-corpus: $(VENV)/.installed $(CORPUS_VENV)/.ready ## Whether prove and apply deliver, on the corpus (an hour of measuring)
	cd corpus && $(abspath $(CORPUS_VENV))/bin/python prove.py \
		--rightlane $(abspath $(BIN))/rightlane --python $(abspath $(CORPUS_VENV))/bin/python $(ARGS)

conformance: $(VENV)/.installed ## CPython's own tests of its pools, with Rightlane's in their place
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target target/conformance \
		'cloudpickle>=3,<4'
	rm -rf target/conformance/rightlane
	cp -r $$($(BIN)/python -c 'import os, rightlane; print(os.path.dirname(rightlane.__file__))') target/conformance/
	$(BIN)/python tests/contract/conformance.py --site $(abspath target/conformance) $(ARGS)

bench-pools: $(VENV)/.installed $(POOLS_VENV)/.ready ## How fast the pools are, beside their peers
	rm -rf target/pools-site && mkdir target/pools-site
	cp -r $$($(BIN)/python -c 'import os, rightlane; print(os.path.dirname(rightlane.__file__))') target/pools-site/
	PYTHONPATH=target/pools-site $(POOLS_VENV)/bin/python benches/pools.py $(ARGS)

kill-points: $(VENV)/.dev ## A worker, and the parent, killed at every point of the transport's protocol
	$(CARGO) build --release --locked --target-dir target/kill-points -p rightlane-python --features kill-points
	rm -rf target/kill-points/site && mkdir target/kill-points/site && cp -r python/rightlane target/kill-points/site/
	cp target/kill-points/release/lib_core.so target/kill-points/site/rightlane/_core.abi3.so
	PYTHONPATH=target/kill-points/site $(BIN)/python tests/contract/kill_points.py

ctrl-c: $(VENV)/.installed $(VENV)/.dev ## Ctrl-C in a terminal at random moments, 200 times
	$(BIN)/python tests/contract/ctrl_c.py $(ARGS)

chaos: $(VENV)/.installed $(VENV)/.dev ## A process pool whose workers are killed at random: ten minutes
	$(BIN)/python tests/contract/chaos.py $(ARGS)

loom: ## Every interleaving of the pools' protocols
	RUSTFLAGS="--cfg loom" $(CARGO) test --release --target-dir target/loom -p rightlane-shm -p rightlane-pool --test loom

ledger: $(VENV)/.installed $(CORPUS_VENV)/.ready ## Whether the time ledger is right, on programs of known truth
	cd corpus && $(abspath $(CORPUS_VENV))/bin/python ledger.py \
		--rightlane $(abspath $(BIN))/rightlane --disk $(abspath target) $(ARGS)

bench-observe: ## What being observed costs a program: both of the following
	@failed=; for part in observe-cost sampling-cost; do $(MAKE) --no-print-directory $$part || failed=1; done; test -z "$$failed"

observe-cost: $(VENV)/.installed $(CORPUS_VENV)/.ready ## What being advised on costs the corpus programs
	cd corpus && $(abspath $(CORPUS_VENV))/bin/python observe_cost.py \
		--rightlane $(abspath $(BIN))/rightlane --python $(abspath $(CORPUS_VENV))/bin/python $(ARGS)

sampling-cost: $(VENV)/.installed $(BENCH_VENV)/.ready ## What sampling costs, beside py-spy and scalene
	cd corpus && $(abspath $(BENCH_VENV))/bin/python sampling_cost.py \
		--rightlane $(abspath $(BIN))/rightlane --python $(abspath $(BENCH_VENV))/bin/python $(ARGS)
# The reader against a hostile program: both targets at once, each for SECONDS. What fails is kept in
# target/fuzz/found; moved to crates/observe/src/fuzzing/found, `make test` replays it for good.
SECONDS ?= 60
FUZZ := target/fuzz
# Called by its own name: cargo finds subcommands on PATH only.
FUZZ_CARGO := RUSTUP_TOOLCHAIN=nightly target/tools/bin/cargo-fuzz fuzz
FUZZ_PLACES := --fuzz-dir fuzz --target-dir $(FUZZ)
FUZZ_FLAGS := -max_total_time=$(SECONDS) -max_len=2048 -timeout=60 -rss_limit_mb=1024 -print_final_stats=1 \
	-artifact_prefix=$(FUZZ)/found/
# `true`: to make, an exit code of 127 says that there is no output.
FUZZ_PYTHONS = $(shell for minor in 10 11 12 13 14; do \
	for python in python3.$$minor $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.$$minor.*/bin/python3.$$minor; do \
	$$python -c "" 2>/dev/null && echo $$python && break; done; done; true)

fuzz: fuzz-observe fuzz-check ## Fuzz the reader of other processes, then the reader of source

# Mutated snippets: what is nearly Python. What fails is kept in target/fuzz/found.
fuzz-check: target/tools/bin/cargo-fuzz
	mkdir -p $(FUZZ)/corpus/check $(FUZZ)/found
	rustup run nightly rustc --version >/dev/null 2>&1 || rustup toolchain install nightly --profile minimal
	$(FUZZ_CARGO) run $(FUZZ_PLACES) check $(FUZZ)/corpus/check -- \
		$(FUZZ_FLAGS)check- -len_control=0 -max_len=96 $(ARGS)

fuzz-observe: target/tools/bin/cargo-fuzz $(FUZZ)/snapshots/.recorded
	mkdir -p $(FUZZ)/corpus/stack $(FUZZ)/corpus/tables $(FUZZ)/found
	rustup run nightly rustc --version >/dev/null 2>&1 || rustup toolchain install nightly --profile minimal
	$(FUZZ_CARGO) build $(FUZZ_PLACES)
	$(FUZZ_CARGO) run $(FUZZ_PLACES) stack $(FUZZ)/corpus/stack -- $(FUZZ_FLAGS)stack- $(ARGS) & \
	$(FUZZ_CARGO) run $(FUZZ_PLACES) tables $(FUZZ)/corpus/tables fuzz/seeds/tables -- \
		$(FUZZ_FLAGS)tables- $(ARGS); tables=$$?; wait $$! && exit $$tables

target/tools/bin/cargo-fuzz:
	$(CARGO) install --quiet --locked --root target/tools cargo-fuzz

$(FUZZ)/snapshots/.recorded: fuzz/subject.py crates/observe/examples/record.rs crates/observe/src/fuzzing/record.rs
	$(CARGO) run --quiet --locked -p rightlane-observe --features fuzzing --example record -- \
		$(FUZZ)/snapshots fuzz/subject.py $(FUZZ_PYTHONS)
	touch $@

check-quality: ## How well independence is judged and the rules of check find, on code labelled by hand
	$(CARGO) test --quiet --locked -p rightlane-source --test quality --test rules -- --nocapture

# The sources of large packages, for reading only.
PACKAGES := target/packages-venv
PACKAGES_PATH = $(wildcard $(PACKAGES)/lib/python3.*/site-packages)

bench-check: $(VENV)/.installed $(VENV)/.dev $(PACKAGES)/.ready ## How fast `check` is, beside ruff on the same files
	cd corpus && $(abspath $(PACKAGES))/bin/python check_speed.py --rightlane $(abspath $(BIN))/rightlane \
		--ruff $(abspath $(BIN))/ruff --packages $(abspath $(PACKAGES_PATH)) $(ARGS)

check-packages: $(VENV)/.installed $(PACKAGES)/.ready ## `check` on the standard library and large packages
	cd corpus && $(abspath $(PACKAGES))/bin/python check_packages.py --rightlane $(abspath $(BIN))/rightlane \
		--packages $(abspath $(PACKAGES_PATH)) $(ARGS)

schema: ## Write the JSON schemas anew
	mkdir -p target
	$(CARGO) run --quiet --locked -p rightlane-cli -- schema advise > target/advice-1.json
	$(CARGO) run --quiet --locked -p rightlane-cli -- schema observe > target/observe-1.json
	$(CARGO) run --quiet --locked -p rightlane-cli -- schema check > target/check-1.json
	$(CARGO) run --quiet --locked -p rightlane-cli -- schema prove > target/prove-1.json
	mv target/advice-1.json target/observe-1.json target/check-1.json target/prove-1.json docs/schema/

clean:
	$(CARGO) clean
	rm -rf $(VENV)

$(VENV)/.created:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.installed: $(VENV)/.created $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .
	touch $@

$(VENV)/.dev: $(VENV)/.created requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(CORPUS_VENV)/.ready: corpus/requirements.txt
	$(CORPUS_PYTHON) -m venv $(CORPUS_VENV)
	$(CORPUS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r corpus/requirements.txt
	touch $@

$(PACKAGES)/.ready: corpus/requirements-check.txt
	$(CORPUS_PYTHON) -m venv $(PACKAGES)
	$(PACKAGES)/bin/python -m pip install --quiet --disable-pip-version-check -r corpus/requirements-check.txt
	touch $@

$(BENCH_VENV)/.ready: corpus/requirements-bench.txt
	$(CORPUS_PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r corpus/requirements-bench.txt
	touch $@

$(POOLS_VENV)/.ready: benches/requirements.txt
	$(CORPUS_PYTHON) -m venv $(POOLS_VENV)
	$(POOLS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r benches/requirements.txt
	touch $@
