# make up      everything on this machine (make up ARGS="--bots 3")
# make test    the tests (make test ARGS="tests/unit -k names")
# make check   linters, types, import rules
# make bench   the benchmarks
# make soak    the history checker under all faults (make soak MINUTES=30)
# make fuzz    webhook bodies changed at random, at the reader and at a bot (make fuzz BODIES=100000)
# make sending the bots against a Cloud API that throttles, refuses and lies (make sending MESSAGES=10000)
# make migrate-load  an upgrade while clients chat (make migrate-load CLIENTS=100000 SECONDS=60)
# make model   the protocol's model, in every order of its steps (make model ARGS=--quick)
# make matrix  the tests on every PostgreSQL and Python (make matrix POSTGRES="14 18" PYTHONS=3.13)
# make clean   removes what the others installed and built, not the data
#
# Needs Python 3.11 or newer; uv is used where it is installed. PYTHON=… chooses another Python.

VENV := .venv
BIN := $(VENV)/bin
MINUTES ?= 30
BODIES ?= 100000
MESSAGES ?= 10000
CLIENTS ?= 100000
SECONDS ?= 60
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	if $$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$python; break; fi; done)
UV := $(shell command -v uv 2>/dev/null)
SOURCES := pyproject.toml constraints.txt

.PHONY: up test check bench soak fuzz sending migrate-load model matrix clean
.DELETE_ON_ERROR:

up: $(VENV)/.up
	@exec $(BIN)/novabot up $(ARGS)

# The tests start hundreds of processes: none is to compile the modules anew.
test: $(VENV)/.test
	@PYTHONDONTWRITEBYTECODE= exec $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal $(ARGS)

bench: $(VENV)/.test
	@exec $(BIN)/python -m tests.benchmarks $(ARGS)

soak: $(VENV)/.test
	@NOVABOT_LIVES=$$(( $(MINUTES) * 100 )) NOVABOT_HISTORY_SECONDS=$$(( $(MINUTES) * 60 )) exec $(BIN)/python -m pytest -q -s \
		tests/sessions/test_lives.py \
		"tests/system/test_history.py::test_every_history_is_linearizable[everything]"

fuzz: $(VENV)/.test
	@NOVABOT_FUZZ_BODIES=$(BODIES) exec $(BIN)/python -m pytest -q -s -n 0 tests/bot/fuzz_bodies.py

sending: $(VENV)/.test
	@NOVABOT_SENDING_MESSAGES=$(MESSAGES) exec $(BIN)/python -m pytest -q -s tests/system/sending

migrate-load: $(VENV)/.test
	@NOVABOT_MIGRATE_CLIENTS=$(CLIENTS) NOVABOT_MIGRATE_SECONDS=$(SECONDS) exec $(BIN)/python -m pytest -q -s \
		tests/upgrade/test_migrating_under_load.py

# Needs Spin and a C compiler, and nothing installed: it says how to get them.
model: | $(BIN)/python
	@exec $(BIN)/python -m tests.model $(ARGS)

# Without POSTGRES or PYTHONS: all that are claimed. Set to nothing: none.
matrix: $(VENV)/.check
	@exec $(BIN)/python -m tests.matrix \
		$(if $(filter undefined,$(origin POSTGRES)),,--postgres "$(POSTGRES)") \
		$(if $(filter undefined,$(origin PYTHONS)),,--pythons "$(PYTHONS)")

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint sql
	$(BIN)/djlint --lint --quiet app

clean:
	rm -rf $(VENV) .matrix build dist .hypothesis .import_linter_cache .pytest_cache .ruff_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "novabot needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3" >&2; exit 1; }
	@rm -rf $(VENV)
ifneq ($(UV),)
	@$(UV) venv --quiet --python "$(PYTHON)" $(VENV)
else
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "no virtual environment could be made: install your system's python3-venv package, or uv" >&2; exit 1; }
endif

# Each stamp is newer than what it was installed from, so that nothing is installed twice.
$(VENV)/.up: EXTRAS :=
$(VENV)/.test: EXTRAS := [test]
$(VENV)/.check: EXTRAS := [test,check]
$(VENV)/.up $(VENV)/.test $(VENV)/.check: $(SOURCES) | $(BIN)/python
	@echo "installing novabot$(EXTRAS) into $(VENV)"
ifneq ($(UV),)
	@$(UV) pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable '.$(EXTRAS)'
else
	@# uv leaves pip out of the virtual environments that it makes.
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(BIN)/python -m ensurepip >/dev/null 2>&1 \
		|| { echo "$(VENV) was made by uv, and pip can't be added to it: run make clean, and make again" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.$(EXTRAS)'
endif
	@touch $@
