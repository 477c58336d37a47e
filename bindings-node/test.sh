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
../.ci/npm-ci
node build.mjs

log=$target/node/test.log
rust=$target/node/rust.log
rust_status=0 node_status=0
(cd .. && .ci/cargo-test --package awsaccess-node) >"$rust" 2>&1 || rust_status=$?
if [ "$rust_status" -ne 0 ]; then cat "$rust"; else grep '^failed once' "$rust" || true; fi
# Nothing of the caller's own AWS settings or proxies takes part. They take a minute; where they stand still they are ended,
# what they said last is shown, and they are run once more.
bounded=()
if command -v timeout >/dev/null; then bounded=(timeout --kill-after=10 300); fi
tests() { # LOG FILES
    local log=$1 && shift
    ${bounded[@]+"${bounded[@]}"} env -i PATH="$PATH" HOME="$target/node" TMPDIR="${TMPDIR:-/tmp}" \
        node --test --test-reporter=tap "$@" >"$log" 2>&1 </dev/null
}
# What failed is shown whole, what was skipped with its reason.
show() {
    awk '
        /^ *not ok / { shown = 1 }
        /^ *ok / { shown = 0 }
        shown { print }
        /^ *ok .* # SKIP/ { sub(/^ *ok [0-9]+ - /, "not run: "); sub(/ # SKIP /, ": "); print }
    ' "$1"
}
count() { awk -v name="$2" '$1 == "#" && $2 == name { n = $3 } END { print n + 0 }' "$1"; }
bad() { echo $(($(count "$1" fail) + $(count "$1" cancelled))); }

tests "$log" test/*.test.mjs || node_status=$?
if [ "$node_status" -eq 124 ] || [ "$node_status" -eq 137 ]; then
    echo 'the Node tests stood still for minutes, after:'
    tail -n 20 "$log"
    node_status=0
    tests "$log" test/*.test.mjs || node_status=$?
fi
show "$log"
passed=$(count "$log" pass) failed=$(bad "$log") skipped=$(count "$log" skipped)

# The files of what failed are run once more: what passes then has passed, and is named, since it is a bug all the same.
files=()
while IFS= read -r file; do files+=("$file"); done < <(
    awk '/^ *not ok / { bad = 1 } /^ *ok / { bad = 0 } bad && sub(/^ *location: \047/, "") && sub(/:[0-9:]+\047$/, "")' "$log" | sort -u
)
if [ "$node_status" -eq 1 ] && [ "${#files[@]}" -gt 0 ]; then
    printf 'again: %s\n' "${files[@]}"
    node_status=0
    tests "$log.again" "${files[@]}" || node_status=$?
    show "$log.again"
    passed=$((passed + failed - $(bad "$log.again"))) failed=$(bad "$log.again")
    if [ "$node_status" -eq 0 ]; then
        sed -nE 's/^ *not ok [0-9]+ - /failed once, passed when run again, see it as a bug: /p' "$log"
    fi
fi
of_rust() { awk -v name="$1" '/^test result: / { for (i = 1; i < NF; i++) if ($(i + 1) ~ "^" name) n += $i } END { print n + 0 }' "$rust"; }
passed=$((passed + $(of_rust passed)))
# What broke before it could be counted, such as a file that does not compile.
if [ "$node_status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    tail -n 40 "$log"
    failed=1
fi
if [ "$rust_status" -ne 0 ]; then failed=$((failed + ($(of_rust failed) > 0 ? $(of_rust failed) : 1))); fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
