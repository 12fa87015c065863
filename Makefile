# Everything needs only Python 3.11 or newer and the package index; it all goes into .venv.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= auto
SECONDS ?= 1.2
SEED ?= 20261124
EXAMPLES ?= 50

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Of a test that fails, Playwright keeps what led there: playwright show-trace shows it.
IN_BROWSER := --tracing retain-on-failure --screenshot only-on-failure --output artefacts/failures

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint browser pictures bench chaos soak fuzz versions container clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/demo-installed ## Start the demo with its practice workspace (PORT=8000 HOST=127.0.0.1 SOCKET=1)
	@HOST="$(HOST)" PORT="$(PORT)" SOCKET="$(SOCKET)" $(BIN)/python demo/start.py

test: .venv/test-installed ## Run the tests (ARGS="tests/core -k timeline" for some of them)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

lint: .venv/test-installed ## Check style, types and that no migration is missing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m django makemigrations --check --dry-run

browser: .venv/browser-installed ## Run the tests in Chromium; their screenshots stay in artefacts/browser
	@$(BIN)/python -m pytest $(IN_BROWSER) $(ARGS) tests/browser

pictures: .venv/browser-installed ## Make the pictures of the README anew, by the story the tests tell
	@$(BIN)/python -m pytest $(IN_BROWSER) tests/browser/test_story.py
	@$(BIN)/python -m tests.browser.pictures

bench: .venv/test-installed ## Measure what Response costs, beside bare Django views (tests/bench/README.md)
	@$(BIN)/python -m tests.bench --seconds $(SECONDS) $(ARGS)

chaos: SECONDS = 300
chaos: .venv/test-installed ## Kill, starve and mislead a running site (tests/chaos/README.md; SECONDS=90)
	@$(BIN)/python -m tests.chaos --seconds $(SECONDS) $(ARGS)

soak: SECONDS = 900
soak: HOURS ?= 8
soak: .venv/test-installed ## The same for hours, each time with another plan (HOURS=8)
	@$(BIN)/python -m tests.chaos --seconds $(SECONDS) --hours $(HOURS) --due-times 10000 $(ARGS)

fuzz: .venv/test-installed ## Hold the REST API to its description, by some thousand requests (SEED=… EXAMPLES=…)
	@$(BIN)/python -m tests.fuzz --seed $(SEED) --examples $(EXAMPLES) $(ARGS)

versions: .venv/test-installed ## Run the tests on each Python, Django and database there is (ARGS for nox)
	@$(BIN)/nox $(ARGS)

container: ## Run what the Dockerfile and docker-compose.yml run, without a container engine
	@PYTHON="$(PYTHON)" .ci/container

clean: ## Remove what the other targets made, the demo's database included
	rm -rf .venv .nox build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis artefacts
	rm -rf demo/.state demo/staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Response needs Python 3.11 or newer. Name one: make PYTHON=python3.12 …'; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { rm -rf .venv; echo 'On Debian and Ubuntu, install the package python3-venv first.'; exit 1; }

# The stamps make the second run quick, and a change of the requirements install again.
.venv/demo-installed: .venv/bin/python setup.py pyproject.toml
	@echo 'Installing the packages of the demo into .venv …'
	@$(PIP) install --quiet --editable '.[demo]'
	@touch $@

.venv/test-installed: .venv/bin/python setup.py pyproject.toml
	@echo 'Installing the packages of the demo and the tests into .venv …'
	@$(PIP) install --quiet --editable '.[demo,postgres,test]'
	@touch .venv/demo-installed $@

.venv/browser-installed: .venv/test-installed
	@echo 'Installing the packages of the browser tests into .venv …'
	@$(PIP) install --quiet --editable '.[browser]'
	@touch $@
