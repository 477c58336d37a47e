#!/usr/bin/env bash
# Builds the wheel, installs it into a virtual environment of its own, and runs every test of this folder against it.
#
#   bindings-python/test.sh [pytest arguments]
#
# AWSACCESS_RELEASE=1 builds with optimisation. PYTHON names the interpreter (3.11 or newer).
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd .. && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
export CARGO_TARGET_DIR=$target
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONDONTWRITEBYTECODE=1

python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null || ! "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; then
    echo "skipped: the Python tests need python3 3.11 or newer with its venv module"
    exit 0
fi
# CI suites may run at once; one at a time may write to the environment.
mkdir -p "$target"
if command -v flock >/dev/null; then
    exec 9>"$target/venv-python.lock"
    flock 9
fi
venv=$target/venv-python
[ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null || { rm -rf "$venv"; "$python" -m venv "$venv"; }
if ! cmp -s tests/requirements.txt "$venv/requirements.txt"; then
    "$venv/bin/pip" install --quiet --requirement tests/requirements.txt
    cp tests/requirements.txt "$venv/requirements.txt"
fi

profile=dev
[ -z "${AWSACCESS_RELEASE:-}" ] || profile=release
wheels=$target/wheels
rm -rf "$wheels"
"$venv/bin/maturin" build --quiet --profile "$profile" --interpreter "$venv/bin/python" --out "$wheels"
wheel=$(echo "$wheels"/*.whl)
case $wheel in
*-cp311-abi3-*) ;;
*)
    echo "the wheel is not built for the stable interface of Python 3.11: $wheel"
    exit 1
    ;;
esac
"$venv/bin/pip" install --quiet --no-deps --force-reinstall "$wheel"

# The types and their comments say what is there, and the package keeps to them.
"$venv/bin/python" stub.py --check
"$venv/bin/python" -m mypy.stubtest awsaccess --ignore-missing-stub --concise
"$venv/bin/mypy" --config-file pyproject.toml --no-error-summary python/awsaccess tests/typed.py examples

"$root/.ci/pytest" "$venv/bin/python" "$target/python.txt" "$@"
