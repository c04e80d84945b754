# Everything a fresh machine needs: Python 3.11+ and make. `make run` serves, `make test` proves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# So many files of tests run side by side. 0: one after the other, in one process.
WORKERS ?= 3

.PHONY: run test check lint types js bench clean

# Makes the virtual environment. Debian ships Python without `venv`: then nothing half-made is left behind.
define make-venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Packet Post needs Python 3.11 or newer, and $(PYTHON) is not." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python cannot make virtual environments here. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
endef

run: $(VENV)/run.stamp
	PACKETPOST_LOG=$${PACKETPOST_LOG:-text} $(BIN)/gunicorn --config packetpost/web/serving/gunicorn_conf.py app:app

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint types js test

lint: $(VENV)/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/test.stamp
	$(BIN)/mypy

js: $(VENV)/test.stamp
	tests/node_modules/.bin/tsc --project tests/jsconfig.json
	tests/node_modules/.bin/eslint --config tests/eslint.config.mjs --max-warnings 0 static/js static/save-worker.js tests/js

bench: $(VENV)/run.stamp
	sh benchmarks/prepare.sh
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement benchmarks/requirements.txt
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) tests/node_modules benchmarks/node_modules benchmarks/work

$(VENV)/run.stamp: requirements.txt
	$(make-venv)
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

$(VENV)/test.stamp: requirements.txt requirements-scale.txt requirements-dev.txt tests/package.json tests/prepare.sh
	sh tests/prepare.sh
	$(make-venv)
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	npm install --prefix tests --no-package-lock --no-audit --no-fund --silent
	touch $@ $(VENV)/run.stamp
