# Crosscite. `make help` lists what there is.
.DELETE_ON_ERROR:
.PHONY: help setup run test lint bench ci clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INDEX ?= var/index
PORT ?= 8000
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(VENV)/.for-use  ## the virtual environment with what Crosscite needs

$(VENV)/.for-use: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Crosscite needs Python 3.11 or newer: make PYTHON=/path/to/python3.11'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing Crosscite into $(VENV) (about 1.5 GB; a few minutes the first time) ...'
	@$(PIP) --editable '.[sentence-transformers]'
	@touch $@

$(VENV)/.for-development: $(VENV)/.for-use
	@echo 'Installing what tests and checks need ...'
	@$(PIP) --editable '.[sentence-transformers,eval,dev]'
	@touch $@

run: setup  ## index the sample documents and serve the search page on http://127.0.0.1:8000
	@$(BIN)/crosscite model prepare
	@$(BIN)/crosscite add corpus/data --index $(INDEX)
	@$(BIN)/crosscite serve --index $(INDEX) --port $(PORT)

# 88: what runs in the process that reads PDF and office files is tested, and not counted.
test: $(VENV)/.for-development  ## all tests, with coverage of the four packages
	@$(BIN)/python -m pytest --cov --cov-report=term --cov-fail-under=88

lint: $(VENV)/.for-development  ## style, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.for-development  ## the embedded model against plain sentence-transformers, in one run
	@$(BIN)/python -m eval.bench

ci: lint test  ## what .ci/run calls

clean:  ## remove everything that was made, the virtual environment and the sample index included
	rm -rf $(VENV) var dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
