#!/usr/bin/env bash
# Builds the addon and runs every test of this folder against it.
#
#   bindings-node/test.sh
#
# AWSACCESS_RELEASE=1 builds with optimisation. The last line counts what passed, failed and was skipped.
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$(cd .. && pwd)/target}

if ! command -v node >/dev/null || ! command -v npm >/dev/null || ! node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))'; then
    echo "skipped: the Node tests need node 20 or newer with npm"
    exit 0
fi
mkdir -p "$target/node"
# What the lockfile says is installed once.
if ! cmp -s package-lock.json node_modules/.installed; then
    npm ci --silent
    cp package-lock.json node_modules/.installed
fi
node build.mjs

log=$target/node/test.log
rust=$target/node/rust.log
rust_status=0 node_status=0
(cd .. && cargo test --quiet --package awsaccess-node) >"$rust" 2>&1 || rust_status=$?
[ "$rust_status" -eq 0 ] || cat "$rust"
# Nothing of the caller's own AWS settings or proxies takes part.
env -i PATH="$PATH" HOME="$target/node" TMPDIR="${TMPDIR:-/tmp}" \
    node --test --test-reporter=tap test/*.test.mjs >"$log" 2>&1 || node_status=$?

# What failed is shown whole, what was skipped with its reason.
awk '
    /^ *not ok / { shown = 1 }
    /^ *ok / { shown = 0 }
    shown { print }
    /^ *ok .* # SKIP/ { sub(/^ *ok [0-9]+ - /, "not run: "); sub(/ # SKIP /, ": "); print }
' "$log"
count() { awk -v name="$1" '$1 == "#" && $2 == name { n = $3 } END { print n + 0 }' "$log"; }
of_rust() { awk -v name="$1" '/^test result: / { for (i = 1; i < NF; i++) if ($(i + 1) ~ "^" name) n += $i } END { print n + 0 }' "$rust"; }
passed=$(($(count pass) + $(of_rust passed)))
failed=$(($(count fail) + $(count cancelled) + $(of_rust failed)))
# What broke before it could be counted, such as a file that does not compile.
if [ "$node_status" -ne 0 ] && [ "$(($(count fail) + $(count cancelled)))" -eq 0 ]; then
    tail -n 40 "$log"
    failed=$((failed + 1))
fi
if [ "$rust_status" -ne 0 ] && [ "$(of_rust failed)" -eq 0 ]; then failed=$((failed + 1)); fi
echo "$passed passed, $failed failed, $(count skipped) skipped"
[ "$failed" -eq 0 ]
