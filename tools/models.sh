#!/usr/bin/env bash
# Writes all data that is made of botocore's models: each tool of this folder that reads them, with the one version of
# botocore that the tests ask for too.
#
#   tools/models.sh            write, and say in numbers what changed
#   tools/models.sh --check    say what would change, as a diff, and fail if anything would
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
venv=$target/venv-models
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
if ! cmp -s tools/requirements.txt "$venv/requirements.txt"; then
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement tools/requirements.txt
    cp tools/requirements.txt "$venv/requirements.txt"
fi
for tool in catalogue operations roles sensitive; do
    if [ -f "tools/$tool.py" ]; then "$venv/bin/python" "tools/$tool.py" "$@"; fi
done
if [ $# -eq 0 ]; then git --no-pager diff --stat -- core/src; fi
