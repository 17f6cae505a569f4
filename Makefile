# Two commands for a fresh machine: make demo, make test. Both make their own .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test check format bench prove clean

help:
	@echo "make demo     from drawn sheets to an answer, in a minute"
	@echo "make test     run the tests"
	@echo "make check    lint; edits nothing"
	@echo "make format   format the code"
	@echo "make bench    print the benchmark tables"
	@echo "make prove    run the long proofs, print one table"

demo: .venv/core
	rm -rf demo
	$(BIN)/sklimg demo -o demo

test: .venv/dev
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/bench
	for program in tools/bench/*.py; do $(BIN)/python $$program || exit 1; done

prove: .venv/dev
	$(BIN)/python tools/prove.py

clean:
	rm -rf .venv build dist *.egg-info demo

.venv/python:
	$(PYTHON) -m venv .venv
	touch $@

.venv/core: .venv/python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/dev: .venv/core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

.venv/bench: .venv/core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	touch $@
