#!/usr/bin/env bash
# Servers of others behind core: s3s is built with the tests; moto is set up under target/ where there is a Python.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD/..
if ! command -v python3 >/dev/null; then
    echo 'skipped: moto: python3 is not on the path'
    exec cargo test --quiet --no-fail-fast
fi
venv=$root/target/venv-peers
if [ ! -e "$venv/.done" ] || [ requirements.txt -nt "$venv/.done" ]; then
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt; }; then
        echo 'skipped: moto: it cannot be installed, see what pip says above'
        exec cargo test --quiet --no-fail-fast
    fi
    touch "$venv/.done"
fi
export MOTO_SERVER=$venv/bin/moto_server
cargo test --quiet --no-fail-fast -- --include-ignored
