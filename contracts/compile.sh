#!/bin/sh
# Compile the contracts and the fixtures of the tests, or compare them with --check; the arguments
# go to compile.js. Installs the pinned compiler first, if that has not been done since it changed.
set -eu
cd "$(dirname "$0")/.."

for tool in node npm; do
    command -v "$tool" >/dev/null || {
        echo "compiling the contracts needs Node 20 or newer with npm; $tool is not installed" >&2
        exit 2
    }
done
installed=contracts/node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ contracts/package-lock.json -nt "$installed" ]; then
    npm --prefix contracts ci --ignore-scripts --no-audit --no-fund
    touch "$installed"
fi
exec node contracts/compile.js "$@" . tests
