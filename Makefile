# Needs make and Python 3.11 or newer; everything else is installed into .venv from the pinned locks.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-config --quiet

.PHONY: demo test check lint bench lock clean

demo: .venv/.runtime
	$(BIN)/python -m bot demo $(ARGS)

test: .venv/.dev
	$(BIN)/python -m pytest $(ARGS)

# What to run while working: lint, the tests on SQLite without a browser, what people's own words get.
check: lint
	$(BIN)/python -m pytest -q -m "not browser" -k "not postgresql" $(ARGS)
	$(BIN)/python tests/utterances/utterances.py --same tests/utterances/today.json

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy --strict bot
	$(BIN)/lint-imports

bench: .venv/.dev
	$(BIN)/python -m benchmarks.run --quick $(ARGS)

# Pins the newest releases that pyproject.toml allows.
lock: .venv/.dev
	$(BIN)/python -m pip install -qq --disable-pip-version-check uv
	$(COMPILE) --upgrade -o requirements.lock
	$(COMPILE) --upgrade --extra dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer with its venv module is needed; name it with make PYTHON=...'; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.runtime: requirements.lock | .venv/.python
	@echo 'Installing into .venv; this happens once.'
	$(INSTALL) -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock | .venv/.python
	@echo 'Installing the tools for tests into .venv; this happens once.'
	$(INSTALL) -r requirements-dev.lock
	@touch $@ .venv/.runtime
