#!/usr/bin/env bash
# Peers: s3s and the SDK for Rust are built with the tests; moto and botocore are set up under target/ where there is a
# Python, the SDK for JavaScript in chain/ where there is a Node.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD/..
skip=()
without() { # NAME REASON TEST…
    echo "skipped: $1: $2"
    shift 2
    for test in "$@"; do skip+=(--skip "$test"); done
}

venv=$root/target/venv-peers
python_tests=(botocore sts_and_iam_take_what_is_signed_again wrong_keys_are_refused
    a_query_without_a_body_is_beyond_this_server s3_takes_what_is_signed_again what_moto_refuses
    what_a_guard_denies_moto_denies_too)
if ! command -v python3 >/dev/null; then
    without 'moto and botocore' 'python3 is not on the path' "${python_tests[@]}"
elif { [ -e "$venv/.done" ] && [ ! requirements.txt -nt "$venv/.done" ]; } ||
    { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt; }; then
    touch "$venv/.done"
    export MOTO_SERVER=$venv/bin/moto_server PEER_PYTHON=$venv/bin/python
else
    without 'moto and botocore' 'they cannot be installed, see what pip says above' "${python_tests[@]}"
fi

if ! command -v npm >/dev/null || ! node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))'; then
    without 'the SDK for JavaScript' 'it needs node 20 or newer with npm' the_sdk_for_javascript
elif (cd chain && ../../.ci/npm-ci); then
    PEER_NODE=$(command -v node)
    export PEER_NODE
else
    without 'the SDK for JavaScript' 'it cannot be installed, see what npm says above' the_sdk_for_javascript
fi

# Nothing of the caller's own AWS settings or proxies takes part: the tests clear them for the programs that they start.
status=0
../.ci/cargo-test -- --include-ignored ${skip[@]+"${skip[@]}"} || status=$?

# Real clients through the gateway to s3s; the one in Rust where it was built (drivers/sdk/test.sh).
cargo build --quiet --bin gateway
client=${CARGO_TARGET_DIR:-$root/target}/sdk/debug/client
if [ -x "$client" ]; then export RUST_SDK_CLIENT=$client; fi
S3S_GATEWAY=${CARGO_TARGET_DIR:-$PWD/../target/peers}/debug/gateway ../proxy/clients/test.sh --s3s || status=$?
exit $status
