# Everything runs in .venv, which holds exactly what the lock files name.
# Needed on the machine: make, and Python 3.11 or newer with venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTEST := $(BIN)/pytest -p no:benchmark -n auto
BENCH := $(BIN)/pytest benchmarks -p no:xdist -o python_files='bench_*.py test_*.py' --benchmark-only
RESULTS := benchmarks/results
QUICK := $(RESULTS)/quick
ARGS ?=

# What a proof rests on is covered completely, branches included; the whole nearly so.
STRICT := */provenance/encoding.py,*/provenance/tlog/*,*/provenance/record/*
STRICT := $(STRICT),*/provenance/verifier/*,*/provenance/report.py

.DEFAULT_GOAL := help
.PHONY: help demo test test-some fault-long lint bench bench-quick lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.run ## a ledger from first entry to a sealed CV and refused forgeries, in a minute
	@$(BIN)/python -m provenance.cli.demo

test: lint ## lint, all tests, and the coverage that is required
	$(BIN)/coverage erase
	$(PYTEST) --cov --cov-report=
	$(BIN)/coverage report --fail-under=97
	$(BIN)/coverage report --fail-under=100 --include='$(STRICT)'

test-some: $(VENV)/.dev ## some tests only, as in: make test-some ARGS='-k bundle'
	$(PYTEST) $(ARGS)

fault-long: $(VENV)/.dev ## the fault battery in its long form (a night), with its table of figures
	PROVENANCE_FAULT_LONG=1 $(PYTEST) $(BATTERY) $(ARGS)

# Tests with a row in the battery's table; what a row needs and the machine lacks is skipped.
BATTERY := tests/fault tests/property tests/unit/test_merkle.py tests/unit/test_merkle_mutations.py

lint: $(VENV)/.dev ## ruff, mypy, and the figures of the house style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(BIN)/python tests/figures.py

bench: $(VENV)/.dev ## all benchmarks (15 minutes), into docs/performance.md and its plot
	$(BIN)/python -m benchmarks.compare --output $(RESULTS)/comparison.json >/dev/null
	$(BIN)/python -m benchmarks.scaling --output $(RESULTS)/scaling.json >/dev/null
	$(BIN)/python -m benchmarks.large_file --output $(RESULTS)/large-file.json >/dev/null
	$(BENCH) --benchmark-json=$(RESULTS)/own.json $(ARGS)
	$(BIN)/python -m benchmarks.report $(RESULTS)

bench-quick: $(VENV)/.dev ## the same in 3 minutes, less exact, printed and not kept
	$(BIN)/python -m benchmarks.compare --quick --output $(QUICK)/comparison.json >/dev/null
	$(BIN)/python -m benchmarks.scaling --quick --output $(QUICK)/scaling.json >/dev/null
	PROVENANCE_BENCH_QUICK=1 $(BENCH) --benchmark-min-rounds=1 --benchmark-max-time=0.1 --benchmark-warmup=off \
	  --benchmark-json=$(QUICK)/own.json $(ARGS)
	$(BIN)/python -m benchmarks.report $(QUICK) --print

lock: $(BIN)/python ## choose the newest versions anew and pin them with their hashes
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK) --group dev -c requirements.lock \
	  -o requirements-dev.lock

LOCK := pyproject.toml --extra cli --extra cv --extra xsd --extra hsm --group build --universal \
  --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

clean: ## remove the virtual environment and everything that was generated
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)

# A lock file names everything, so nothing is resolved anew: an older pip would otherwise look
# for the newest release of what a package asks for with extras, and refuse it for its hash.
# The package itself is installed from this directory, with the build tool of the lock file.
$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --no-deps --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --no-deps --require-hashes -r requirements-dev.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run
