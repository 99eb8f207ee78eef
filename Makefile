# Two commands for a newcomer: make run, make test. Everything CI runs: make check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check soak lint playground lock clean

run: $(VENV)/.installed
	$(BIN)/python -m bot serve --sample

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "not soak and not long" -n 2

check: $(VENV)/.installed-dev lint
	$(BIN)/python -m pytest -m "not soak" -n 2
	$(BIN)/python -m bot demo --seed 1 > /dev/null

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m soak --timeout 3600

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make run PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

# Optional, and the only thing here that fetches from npm: see docs/connect-teams.md.
playground: $(VENV)/.installed-dev
	$(BIN)/python .ci/playground.py

lock:
	$(PYTHON) .ci/lock.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
