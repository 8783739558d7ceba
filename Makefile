# make install   a virtual environment with Pelton, its companions and what the example needs
# make up        that, and the sign-up application on http://127.0.0.1:3000
# make test      that, and the tests
# make crash     kill a loaded Pelton 300 times and find nothing missing (KILLS=20 SEED=7: as few, as then)
# make audit     known weaknesses of the locked dependencies, reported (LOCKED=1 with make install: install exactly those)
# make bench-peers  Pelton beside DynamoDB Local, dynalite, moto, ministack and roto, installed into .bench
# make bench-growth what a request costs as items, records, tables, connections, triggers and sizes grow (WHOLE=1: to the end)
# make bench-instructions  instructions of a request by valgrind's callgrind: the same on a busy machine
# make bench     the budgets, measured (WHOLE=1: at full size, about an hour)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Compiled once and kept, whatever the machine's habit: the tests and benchmarks start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install up test check proof crash audit lock bench bench-growth bench-instructions bench-peers clean

install: $(STAMP)

$(STAMP): pyproject.toml examples/signup/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Pelton needs Python 3.11 or newer: make PYTHON=python3.12 install"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Pelton into $(VENV) (a minute, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(LOCKED),-c constraints.txt) -e '.[companions,test,dev]' -r examples/signup/requirements.txt
	@touch $(STAMP)

up: install
	@$(BIN)/pelton up examples/signup

test: install
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m 'not proof'

check: install
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

proof: install
	@$(BIN)/python -m pytest -m proof

crash: install
	@$(BIN)/python -m tests.crash $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED))

audit:
	@test -x .audit/bin/pip-audit || { $(PYTHON) -m venv .audit && .audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; }
	@.audit/bin/pip-audit --no-deps --disable-pip -r constraints.txt || echo "Reported, not gating: see docs/adr/0014-locked-dependencies.md"

lock:
	@rm -rf .lock && $(PYTHON) -m venv .lock
	@.lock/bin/python -m pip install --quiet --disable-pip-version-check '.[companions]'
	@{ head -2 constraints.txt; .lock/bin/python -m pip freeze --exclude pelton; } > .lock/constraints.txt && mv .lock/constraints.txt constraints.txt

bench: install
	@$(BIN)/python -m bench.run $(if $(WHOLE),--whole --minutes 10)

bench-growth: install
	@$(BIN)/python -m bench.growth.run $(if $(WHOLE),--whole) --write docs/explanation/performance.md

bench-instructions: install
	@$(BIN)/python -m bench.instructions

bench-peers: install
	@$(BIN)/python -m bench.peers.run --write docs/explanation/performance.md

clean:
	rm -rf $(VENV) .bench .audit .lock .pelton build dist
