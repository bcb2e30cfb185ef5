# What can be done here. Each target makes the environment it needs, once, and again when pyproject.toml changes.

VENV ?= .venv
JOBS ?= 2
TESTS ?=
BIN := $(VENV)/bin

# The first Python there is that is new enough.
PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)

PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
USE := $(VENV)/.use-stamp
WORK := $(VENV)/.work-stamp

# Hundreds of tests start the command: without its bytecode each of them would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

MISSION := runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc
TABLE := runs where config.lr > 0.01 order -summary.loss limit 10 select name, config.lr, config.optimizer, summary.loss, summary.acc

# What `check` looks at beside the tests, in this order.
STATIC := format lint types contracts fresh docs

.PHONY: help demo test test-all test-engines check static $(STATIC) generate accept dist bench clean

help:
	@echo "make demo      ask the embedded runs the first questions"
	@echo "make test      run the tests"
	@echo "make test-all  run the tests with each Python from 3.11 to 3.13 that is there (TESTS='tests/syntax' for some)"
	@echo "make test-engines  install ClickHouse and Spark into an environment of their own, and ask them what a store is asked (EXAMPLES=300 for many random ones)"
	@echo "make check     the whole gate: the tests, and $(STATIC)"
	@echo "make generate  write anew what follows from other files; \`check\` names what is stale"
	@echo "make accept    write what the cases and the documents show anew; read the diff"
	@echo "make docs      build the site of the documents in build/site; a warning is an error"
	@echo "make dist      build the wheel and the sdist in dist/, and check what they say of themselves"
	@echo "make bench     measure, and write docs/benchmarks.md (BENCH='start server' for some)"
	@echo "make clean     remove what these made"

demo: $(USE)
	@echo '$$ runql -s demo "$(TABLE)"'
	@$(BIN)/runql -o table -s demo "$(TABLE)"
	@echo
	@echo '$$ runql -s demo "$(MISSION)"'
	@few="--max-rows 20"; if [ -t 1 ]; then few=""; fi; $(BIN)/runql -o table $$few -s demo "$(MISSION)"

test: $(WORK)
	@$(BIN)/python -m pytest -n $(JOBS) -q $(TESTS)

# Each of the Pythons that are there: on the path, or kept by pyenv or uv. One that is not there is said.
test-all:
	@failed=""; for version in 3.11 3.12 3.13; do \
		found=""; for python in "$$(command -v python$$version)" "$$(ls -d ~/.pyenv/versions/$$version.*/bin/python 2>/dev/null | tail -n 1)" \
			"$$(uv python find --no-python-downloads $$version 2>/dev/null)"; do \
			[ -n "$$python" ] && "$$python" -c 'pass' >/dev/null 2>&1 && { found=$$python; break; }; done; \
		[ -n "$$found" ] || { echo "Python $$version: not there, not tested"; continue; }; \
		echo "Python $$version: $$found"; \
		$(MAKE) --no-print-directory VENV=.venv/all/$$version PYTHON="$$found" test || failed="$$failed $$version"; \
	done; [ -z "$$failed" ] || { echo "failed with:$$failed"; exit 1; }

# ClickHouse (chdb) and Spark are some 1.5 GB and need Java: nothing else here does, so they have an environment of their own.
ENGINES := $(VENV)-engines

test-engines: $(ENGINES)/.stamp
	@RUNQL_ENGINES=1 RUNQL_EXAMPLES=$(EXAMPLES) $(ENGINES)/bin/python -m pytest -q -n 0 tests/engines

$(ENGINES)/.stamp: pyproject.toml
	@test -x $(ENGINES)/bin/python || $(PYTHON) -m venv $(ENGINES)
	@$(ENGINES)/bin/python -m pip --quiet --disable-pip-version-check install --editable ".[test,remote,engines]"
	@touch $@

check: static test

static: $(STATIC)

format: $(WORK)
	$(BIN)/ruff format --check .

lint: $(WORK)
	$(BIN)/ruff check .

types: $(WORK)
	$(BIN)/mypy

contracts: $(WORK)
	$(BIN)/lint-imports

fresh: $(WORK)
	$(BIN)/python -m tools.generate --check

docs: $(WORK)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

generate: $(WORK)
	$(BIN)/python -m tools.generate

accept: $(WORK)
	RUNQL_ACCEPT=1 $(BIN)/python -m pytest -q tests/cases tests/semantic tests/plan tests/ide tests/house/test_docs.py

dist: $(WORK)
	@$(PIP) install --editable ".[release]"
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m twine check --strict dist/*
	@$(BIN)/python -m tools.addresses dist

bench: $(WORK)
	@$(BIN)/python -m tools.benchmarks $(if $(BENCH),--only $(BENCH))

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environments: that of a user, and that of somebody who works here, which holds it.

$(USE): pyproject.toml | $(BIN)/python
	@echo "installing runql into $(VENV) …"
	@$(PIP) install --editable .
	@touch $@

$(WORK): pyproject.toml | $(BIN)/python
	@echo "installing runql and its tools into $(VENV) …"
	@$(PIP) install --editable ".[test,check]"
	@touch $@ $(USE)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "RunQL needs Python 3.11 or later: make PYTHON=/path/to/python …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
