# On a bare machine with Python 3.11 or newer: `make demo` runs the main job, `make test` passes the tests.
# Each makes .venv itself, with the versions that constraints.txt pins. Tests and drills also need the programs openssl
# and mosquitto (an MQTT broker), which they start themselves.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed

# numpy's linear algebra is never worth a second thread here, and costs much where cores are shared
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help demo test programs check format bench drill clean

help:  ## list the targets
	@sed -n 's/^\([a-z.]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z.]*\):.*## /  make \1  /p' $(MAKEFILE_LIST)

demo: $(STAMP)  ## simulated digitizers, the daemon, an earthquake and an alert, in two minutes
	$(BIN)/seismonet demo

test: programs check  ## check, then all tests
	$(BIN)/python -m pytest -n 2

programs:
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin"; for one in openssl mosquitto; do command -v $$one >/dev/null \
	  || { echo "the tests need $$one: apt-get install openssl mosquitto (no service of it has to run)" >&2; exit 1; }; done

check: $(STAMP)  ## lint, format, types, layers, ban list
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.contract.bans

format: $(STAMP)  ## rewrite the sources in the common format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## measure speed beside the peers, write docs/measurements.md
	$(BIN)/python -m benchmarks

drill: programs $(STAMP)  ## the long tests: kills, power cuts, full disks, a day at 60 times its speed (two hours)
	$(BIN)/python -m benchmarks.drills

clean:  ## remove .venv and everything that was made
	rm -rf .venv dist build out demo
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks notebooks -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so a set-up that was cut short is taken up again.
# By environment, the constraints hold for the build backend too.
$(STAMP): pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --editable '.[test,check]'
	touch $@
