# Two commands on a fresh machine: `make run` shows Bloghound at work, `make test` runs everything that CI runs.
# Needs Python 3.11 or newer, make, a C compiler and the package registry that pip is configured for.

PYTHON ?= python3
VENV ?= .venv
# Index that torch alone is taken from, such as a CPU-only one; empty for pip's own.
TORCH_INDEX ?=
# Extras of an installed wheel, in brackets: EXTRAS=[postgres].
EXTRAS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CREATED := $(VENV)/.created
TORCH := $(VENV)/.torch-chosen
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
# pip reads this in its build environments too, where a -c option would not reach. Relative, since it is split at spaces.
export PIP_CONSTRAINT := constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test lint types unit test-live docs browser install-runtime wheel install-wheel clean

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*##/\1\t/p' Makefile | expand -t 18

setup: $(DEVELOPMENT)  ## Make .venv with everything that running and testing need

run: install-runtime  ## Crawl, index and rank the built-in demo web, and serve it as a page until Ctrl-C
	$(BIN)/bloghound demo

test: lint types unit  ## Everything that CI runs

lint: $(DEVELOPMENT)  ## Style, format and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(DEVELOPMENT)  ## mypy, strict
	$(BIN)/mypy

# Hundreds of tests start processes of their own: each would compile all modules anew where compiled ones are not kept.
unit: $(DEVELOPMENT) browser  ## pytest
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Needs Debian's and npm's registries. LIVE_SOFTWARE=folder keeps the software there for the next run.
test-live: $(DEVELOPMENT)  ## Platforms against their own software: WordPress, Ghost and Bluesky on loopback
	$(BIN)/python -m pytest --durations 5 tests/live/live_*.py

docs: $(DEVELOPMENT)  ## Build the documentation into build/docs
	$(BIN)/python -m sphinx -q -W --keep-going -n docs build/docs

# Debian's, at its usual place; the tests of the pages drive it.
browser:  ## Install Chromium where that is possible, for the tests of the pages
	@if command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq chromium; \
	else echo "The tests of the pages need Chromium and are skipped without it: sudo apt-get install chromium" >&2; fi

install-runtime: $(RUNTIME)  ## Make .venv with what running needs

wheel: $(CREATED)  ## Build the wheel into dist/
	rm -f dist/bloghound-*.whl
	$(PIP) wheel --no-deps --wheel-dir dist .

install-wheel: $(CREATED) $(TORCH)  ## Install the built wheel alone: make install-wheel VENV=/opt/bloghound
	@test -e dist/bloghound-*.whl || { echo "There is no wheel in dist/; run 'make wheel' first." >&2; exit 2; }
	$(PIP) install "$$(echo dist/bloghound-*.whl)$(EXTRAS)"

clean:  ## Remove the environment, the wheel and the caches; data/ stays
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(CREATED):
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; name one with PYTHON=…" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Bloghound needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1); name another with PYTHON=…" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# Without its dependencies, which come from pip's own index at the pinned versions.
$(TORCH): constraints.txt | $(CREATED)
	$(if $(TORCH_INDEX),$(PIP) install --no-deps --index-url $(TORCH_INDEX) torch)
	@touch $@

$(RUNTIME): pyproject.toml constraints.txt $(TORCH) | $(CREATED)
	$(PIP) install --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME)
	$(PIP) install --editable '.[dev]'
	@touch $@
