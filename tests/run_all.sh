#!/bin/sh
# All that CI runs, in the order in which a failure tells most. BIN is the environment's bin folder.
set -eu

step() {
    printf '\n== %s\n' "$1"
}

step "checks: lint, formatting, types, layers"
"$BIN/ruff" check .
"$BIN/ruff" format --check .
"$BIN/mypy"
"$BIN/lint-imports" --no-logo

step "specification: properties, scenarios, committed vectors"
evidence=$(mktemp)
trap 'rm -f "$evidence"' EXIT
"$BIN/coverage" erase
"$BIN/coverage" run -m pytest spec -q --evidence="$evidence"

step "vectors: files, determinism, kill report"
"$BIN/payy-ref" vectors verify
"$BIN/payy-ref" vectors fill --check
"$BIN/payy-ref" vectors kill

step "traceability"
"$BIN/payy-ref" trace

step "proof ledger"
"$BIN/payy-ref" proofs run --evidence="$evidence"

step "documentation"
"$BIN/sphinx-build" --nitpicky --fail-on-warning --keep-going --quiet -b html docs docs/_build/html

step "tools"
"$BIN/coverage" run -m pytest tests -q
"$BIN/coverage" combine --quiet
"$BIN/coverage" report --skip-covered
