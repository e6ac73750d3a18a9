# diversion: two commands matter, `make demo` and `make test`; neither becomes root.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: install demo test bench spark soak lint clean

install: $(VENV)/.installed  ## the pinned set and `diversion` itself, in .venv

$(VENV)/.installed: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.tested: $(VENV)/.installed requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	touch $@

demo: install  ## a small world, trained, scored and planned; then the dashboards (ARGS=--no-dashboard: without)
	$(BIN)/diversion demo $(ARGS)

test: $(VENV)/.tested  ## everything; a missing browser or Java skips its tests with a line that says how to get it
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

bench: $(VENV)/.tested  ## speed and memory, 10^4 to 10^6 rows (minutes to an hour; ARGS="--rows 100000" for less)
	$(BIN)/python -m tests.speed $(ARGS)
	$(BIN)/python -m tests.speed.screening
	$(BIN)/python -m tests.speed.service

spark: $(VENV)/.tested  ## every feature on Spark and on DuckDB over 20,000 applications, with the times (minutes; ARGS="--applications 2000" for less)
	$(BIN)/python -m tests.speed.spark $(ARGS)

soak: $(VENV)/.tested  ## the service killed a hundred times under load, nothing lost or doubled (half an hour; ARGS="--rounds 10" for less)
	$(BIN)/python -m tests.soak $(ARGS)

lint: $(VENV)/.tested
	$(BIN)/ruff check . && $(BIN)/lint-imports

clean:
	rm -rf $(VENV) build *.egg-info
