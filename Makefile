# Two targets are promised to work on a fresh machine, twice in a row: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready-dev
DEMO_READY := $(VENV)/.ready-demo

.PHONY: demo test check lint types layers soak bench-quick pictures dist clean
.DEFAULT_GOAL := demo

# ---- set-up -------------------------------------------------------------------------------------------------------

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# torch first and alone, by pip: the constraint names the version of which there is a CPU build.
$(DEMO_READY): pyproject.toml .ci/constraints.txt | $(BIN)/python
	.ci/system-libraries
	$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/pip install --quiet --constraint .ci/constraints.txt torch
	$(BIN)/pip install --quiet --constraint .ci/constraints.txt --editable '.[demo]'
	touch $@

$(READY): $(DEMO_READY)
	$(BIN)/pip install --quiet --constraint .ci/constraints.txt --editable '.[dev]'
	touch $@

# ---- the main job -------------------------------------------------------------------------------------------------

# ARGS is handed on: make demo ARGS="--leak graph --screenshot demo.png"
demo: $(DEMO_READY)
	$(BIN)/memgui demo $(ARGS)

# Three at a time, also on two cores, since the tests with real trainings mostly wait. ARGS is handed on:
# make test ARGS="-k recorder -n 0"
test: $(READY)
	.ci/system-libraries --test
	$(BIN)/pytest --numprocesses 3 --dist loadfile $(ARGS)

# ---- what CI runs beside the tests --------------------------------------------------------------------------------

check: lint types layers

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

# ---- now and then -------------------------------------------------------------------------------------------------

# A minute of 64 targets, beside the window's redraws, then new examples for the tests of properties; the half hour of
# a release: make soak SOAK_S=1800
SOAK_S ?= 60
soak: $(READY)
	.ci/system-libraries --test
	MEMGUI_SOAK_S=$(SOAK_S) $(BIN)/pytest -m soak --override-ini addopts='-ra --strict-markers --import-mode=importlib' --timeout 3600 tests/soak
	$(BIN)/pytest --numprocesses 2 -m hypothesis --hypothesis-profile new tests/unit tests/ui

# Every benchmark for a few seconds, to see that none is broken; the numbers of such a run mean nothing: two run
# at once. Beside them lie files that they import: a benchmark is what has a main.
BENCHMARKS = $(sort $(shell grep -l '^if __name__' benchmarks/*.py benchmarks/*/*.py))
bench-quick: $(READY)
	where=$$(mktemp -d); cd $$where; \
	printf '%s\n' $(BENCHMARKS:%=$(CURDIR)/%) | xargs -P 2 -I SCRIPT sh -c \
	'said=$$($(CURDIR)/$(BIN)/python SCRIPT --quick 2>&1); status=$$?; echo "== SCRIPT"; echo "$$said"; exit $$status'; \
	status=$$?; rm -rf $$where; exit $$status

dist: $(READY)
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .hypothesis .coverage htmlcov
