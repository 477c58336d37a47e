#!/usr/bin/env bash
# botocore's own parsers read the emulator's replies.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD/..
if ! command -v python3 >/dev/null; then
    echo 'skipped: emulator: python3 is not on the path'
    exit 0
fi
venv=$root/target/venv-clients
requirements=$root/proxy/clients/requirements.txt
if [ ! -e "$venv/.done" ] || [ "$requirements" -nt "$venv/.done" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    touch "$venv/.done"
fi
(cd "$root" && cargo build --quiet --example serve --test layers)
export AWSACCESS_EMULATOR=${CARGO_TARGET_DIR:-$root/target}/debug/examples/serve
"$root/.ci/pytest" "$venv/bin/python" "$root/target/emulator.txt" tests/botocore_replies.py
