# Every target works on a machine that has Python 3.11 or newer and make, and nothing else:
# the first one makes .venv and installs what requirements.lock pins, by hash.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check spec vectors proofs proofs-ff proofs-symbolic slither contracts contracts-check coverage docs bench lock clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "payy-ref needs Python 3.11 or newer; try: make PYTHON=python3.12"; exit 1; }
	@echo "Installing the pinned packages into $(VENV) (once, a minute or two) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## Run what there is of the network and say what is missing.
	@$(BIN)/payy-ref demo

test: $(READY) ## All that CI runs: checks, specification, tools, proofs, kill report, docs.
	@BIN=$(BIN) sh tests/run_all.sh

check: $(READY) ## Lint, formatting, types, import layers.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

spec: $(READY) ## The specification alone: properties, scenarios, committed vectors.
	@$(BIN)/pytest spec

vectors: $(READY) ## Write conformance_vectors/ again from the scenarios.
	@$(BIN)/payy-ref vectors fill

proofs: $(READY) ## Run every engine, write spec/proof_ledger.json, then search with longer bounds.
	@$(BIN)/payy-ref proofs run --write
	@HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -q spec/consensus/test_consensus_exhaustive.py \
		tests/test_consensus_search.py

contracts: $(READY) ## Generate and compile the contracts, into contracts/build/ (needs Node 20).
	@$(BIN)/payy-ref contracts write
	@sh contracts/compile.sh

contracts-check: $(READY) ## The same, compared with what is committed, byte for byte.
	@$(BIN)/payy-ref contracts write --check
	@sh contracts/compile.sh --check

proofs-ff: $(READY) ## Ask the finite-field solver about the gadgets, in an environment of its own.
	@test -e .venv-ff/.ready || { $(PYTHON) -m venv .venv-ff && .venv-ff/bin/python -m pip install \
		--quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-ff.txt && \
		touch .venv-ff/.ready; }
	@$(BIN)/payy-ref proofs finite-field

.venv-symbolic/.ready: requirements-symbolic.txt
	@rm -rf .venv-symbolic && $(PYTHON) -m venv .venv-symbolic
	@.venv-symbolic/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps -r requirements-symbolic.txt
	@touch .venv-symbolic/.ready

proofs-symbolic: $(READY) .venv-symbolic/.ready ## Run the contracts symbolically, in an environment of its own (needs Node 20).
	@sh contracts/compile.sh --check
	@$(BIN)/python -m tests.symbolic.run

slither: $(READY) .venv-symbolic/.ready ## Compare what slither finds in the contracts with what is answered.
	@sh contracts/compile.sh --check
	@$(BIN)/python -m tests.symbolic.findings

coverage: $(READY) ## Measure which branches the tests take (half an hour).
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest tests -q
	@$(BIN)/coverage run -m pytest spec -q
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered

docs: $(READY) ## Build the published specification into docs/_build/html.
	@$(BIN)/sphinx-build --nitpicky --fail-on-warning --keep-going --quiet -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(READY) ## Measure; prints a table and writes build/bench.json.
	@$(BIN)/payy-ref bench --json build/bench.json

lock: ## Pin the newest versions again (needs uv).
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --all-extras \
		--no-emit-index-url --no-header --output-file requirements.lock pyproject.toml requirements-build.in

clean: ## Remove the environment and everything that was built.
	rm -rf $(VENV) .venv-ff .venv-symbolic build docs/_build docs/generated .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
