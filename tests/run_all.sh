#!/bin/sh
# All that CI runs, in the order in which a failure tells most. BIN is the environment's bin folder.
# The tests of the tools run beside the other steps, on a second core, and are reported last.
set -eu

step() {
    printf '\n== %s\n' "$1"
}

folder=$(mktemp -d)
evidence=$folder/evidence tools_report=$folder/tools

step "checks: lint, formatting, types, layers"
"$BIN/ruff" check .
"$BIN/ruff" format --check .
"$BIN/mypy"
"$BIN/lint-imports" --no-logo

step "contracts: the committed artefacts are what the sources give"
if command -v node >/dev/null && command -v npm >/dev/null; then
    sh contracts/compile.sh --check
else
    echo "skipped: node and npm are not installed"
fi

on_chain=tests/test_settlement_vectors_on_chain.py
"$BIN/pytest" tests -q --ignore="$on_chain" --durations=10 >"$tools_report" 2>&1 &
tools=$!
trap 'kill "$tools" 2>/dev/null || true; rm -rf "$folder"' EXIT

step "specification: properties, scenarios, committed vectors"
"$BIN/pytest" spec -q --evidence="$evidence"

# The kill report is one of the tests of the tools.
step "vectors: files, determinism"
"$BIN/payy-ref" vectors verify
"$BIN/payy-ref" vectors fill --check

step "traceability"
"$BIN/payy-ref" trace

step "proof ledger"
"$BIN/payy-ref" proofs run --evidence="$evidence"

step "documentation"
"$BIN/sphinx-build" --nitpicky --fail-on-warning --keep-going --quiet -b html docs docs/_build/html

step "settlement: every history of the vectors on the contracts"
"$BIN/pytest" "$on_chain" -q

step "tools"
passed=yes
wait "$tools" || passed=no
cat "$tools_report"
test "$passed" = yes
