# Needs make and Python 3.11 or newer; everything else is installed into .venv from the pinned locks.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-config --quiet
BUILD_REQUIRES := $(BIN)/python -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")'

.PHONY: install run demo test check coverage utterances days mutants lint bench lock clean

# For real use: the pinned packages and the program itself, as the command .venv/bin/azalea.
install: .venv/.runtime requirements-build.lock
	$(INSTALL) -r requirements-build.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-build-isolation --no-deps --no-index .

run: .venv/.runtime
	$(BIN)/python -m bot run $(ARGS)

demo: .venv/.runtime
	$(BIN)/python -m bot demo $(ARGS)

test: .venv/.dev
	$(BIN)/python -m pytest $(ARGS)

# What to run while working: lint, the tests on SQLite without a browser, what people's own words get.
check: lint
	$(BIN)/python -m pytest -q -m "not browser" -k "not postgresql" $(ARGS)
	$(MAKE) --no-print-directory utterances

# Which lines of the program the tests of `make check` run. A report and no gate: no number is required. Not measured are
# the pages' scripts, and what runs in processes that a test starts or forks.
coverage: .venv/.dev
	$(BIN)/python -m pytest -q -m "not browser" -k "not postgresql" --cov --cov-report=term $(ARGS)

# What is understood of people's own words; fails where a verdict is not the one that is kept.
utterances: .venv/.dev
	$(BIN)/python tests/utterances/utterances.py --same tests/utterances/today.json

# The tests that start processes or read the machine's clock: in the last minutes of a year, on a Sunday, on a leap day, and
# where the machine is twelve hours behind a holiday's first night. FAKETIME_DONT_FAKE_MONOTONIC would break time.sleep.
CLOCK_TESTS := $(patsubst %,tests/test_%.py,cli demo delivery schedule store benchmarks benchmarks_rating)
days: .venv/.dev
	@command -v faketime >/dev/null || { echo 'faketime is needed: apt-get install faketime'; exit 1; }
	@for at in 'Asia/Shanghai 2026-12-31 23:58' 'Asia/Shanghai 2026-12-31 23:59:40' 'Asia/Shanghai 2027-02-28 12:00' \
		'Asia/Shanghai 2028-02-29 12:00' 'America/New_York 2026-09-30 12:00'; do \
		echo "$$at"; \
		TZ=$${at%% *} faketime "$${at#* }" $(BIN)/python -m pytest -q -k 'not postgresql' $(CLOCK_TESTS) $(ARGS) || exit 1; \
	done

# Shows that the tests find each fault that tests/mutants lists; takes some minutes.
mutants: .venv/.dev
	$(BIN)/python -m tests.mutants.run $(ARGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy --strict bot
	$(BIN)/lint-imports

bench: .venv/.dev
	$(BIN)/python -m benchmarks.run --quick $(ARGS)

# Pins the newest releases that pyproject.toml allows.
lock: .venv/.dev
	$(BIN)/python -m pip install -qq --disable-pip-version-check uv
	$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(BUILD_REQUIRES) | $(COMPILE) --upgrade - -c requirements.lock -o requirements-build.lock
	$(COMPILE) --upgrade pyproject.toml --extra dev -c requirements.lock -c requirements-build.lock -o requirements-dev.lock

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
