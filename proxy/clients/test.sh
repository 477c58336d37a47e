#!/usr/bin/env bash
# Real clients through the gateway: sets up what it needs under target/, then runs pytest.
# --long runs what takes minutes, --s3s what goes to s3s (peers/test.sh builds that), --sdk the client in Rust
# (drivers/sdk/test.sh builds that).
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD/../..
if ! command -v python3 >/dev/null; then
    echo 'skipped: clients: python3 is not on the path'
    exit 0
fi
venv=$root/target/venv-clients
if [ ! -e "$venv/.done" ] || [ requirements.txt -nt "$venv/.done" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
    touch "$venv/.done"
fi
if command -v npm >/dev/null; then
    "$root/.ci/npm-ci"
else
    echo 'skipped: clients: node is not on the path'
fi
(cd "$root" && cargo build --quiet --bin awsaccess --test layers)
export AWSACCESS=${AWSACCESS:-${CARGO_TARGET_DIR:-$root/target}/debug/awsaccess}
marker='not long and not s3s and not sdk'
case ${1-} in
--long) marker='long' ;;
--s3s) marker='s3s' ;;
--sdk) marker='sdk' ;;
esac
"$root/.ci/pytest" "$venv/bin/python" "$root/target/clients${1-}.txt" -m "$marker" .
