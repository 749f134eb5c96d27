# make run: everything from a fresh clone to the app on http://127.0.0.1:7860
# make test: the linters, the types and the tests
# make fit: draws the documents that the shipped weights are fitted on, and fits them (1.5 hours)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Test processes at once; each with one thread, or they take the cores from one another.
JOBS ?= 2
STAMPS := $(VENV)/.stamps

.PHONY: run setup test lint pytest fit clean

run: setup
	$(BIN)/python gradio_app.py

setup: $(STAMPS)/setup

# The linters run beside the tests: mypy takes one core for a minute.
test: $(STAMPS)/setup $(STAMPS)/test
	$(MAKE) --no-print-directory --jobs=2 lint pytest

lint: $(STAMPS)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint --deny-warnings ui/static tests/ui/static
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

# In the order of the files: the long ones (a browser, servers) come first, and the small ones fill
# what is left at the end.
pytest: $(STAMPS)/setup $(STAMPS)/test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

# One thread, so that sums have one order and the weights do not depend on the number of cores. What
# is drawn stays under data/fit; a run that was cut off goes on from there.
fit: $(STAMPS)/setup $(STAMPS)/test
	OMP_NUM_THREADS=1 $(BIN)/python -m training.fit --out data/fit

# Stamps are written last, so a step that was cut off is done again.
$(STAMPS)/installed: requirements.txt constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	mkdir -p $(STAMPS) && touch $@

$(STAMPS)/setup: $(STAMPS)/installed engine/cli/setup.py
	$(BIN)/python -m engine setup
	touch $@

$(STAMPS)/test: tests/requirements.txt constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt -c constraints.txt
	mkdir -p $(STAMPS) && touch $@

clean:
	rm -rf $(VENV)
