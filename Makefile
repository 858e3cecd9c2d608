# Works with the interpreter that PYTHON names: make PYTHON=python3.12 dataset
PYTHON ?= python3
FUZZ_MINUTES ?= 60
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# These are newer than what they were made from while nothing has to be installed.
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed

.DEFAULT_GOAL := help
.PHONY: help install format lint test test-long test-nojit fuzz bench docs dataset verify check

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "fastgen needs Python 3.11 to 3.13, and $(PYTHON) is none: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: install python3-venv (sudo apt-get install python3-venv)" >&2; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUNTIME): pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing fastgen and what it needs into $(VENV)"
	@$(PIP) --editable .
	@touch $@

$(DEVELOPMENT): pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing fastgen and the tools of its developers into $(VENV)"
	@$(PIP) --editable '.[dev]'
	@touch $(RUNTIME) $@

install: $(DEVELOPMENT) ## set up .venv for development

format: $(DEVELOPMENT) ## format the code
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format .

lint: $(DEVELOPMENT) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(DEVELOPMENT) ## all tests
	$(BIN)/pytest -n 2

test-long: $(DEVELOPMENT) ## all tests, with the full number of kills, bit flips and fuzzed inputs
	FASTGEN_TEST_LONG=1 $(BIN)/pytest -n 2

test-nojit: $(DEVELOPMENT) ## tests of the kernels as plain Python
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -n 2 tests/kernels tests/orders tests/wire --ignore tests/wire/test_slicer.py

fuzz: $(DEVELOPMENT) ## FUZZ_MINUTES (60) of random inputs to every reader of files
	$(BIN)/python -m tests.fuzzing --minutes $(FUZZ_MINUTES)

bench: $(DEVELOPMENT) ## benchmarks; benchmarks/README.md says what they measure
	$(BIN)/pytest benchmarks --benchmark-enable

docs: $(DEVELOPMENT) ## the documents as a site, .site/index.html; a dead link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --config-file .ci/site/mkdocs.yml

dataset: $(RUNTIME) ## build canonical_dataset/ and check it
	$(BIN)/fastgen build --overwrite -o canonical_dataset
	$(BIN)/fastgen verify canonical_dataset --against canonical_dataset/checksums.json

verify: $(RUNTIME) ## check canonical_dataset/ against its checksums
	$(BIN)/fastgen verify canonical_dataset --against canonical_dataset/checksums.json

check: lint test test-nojit docs ## everything that has to pass before a commit
