#!/usr/bin/env bash
# Makes include/awsaccess.h anew from the sources of this folder. With --check it only tells whether the one that is
# committed is the one that would be made.
set -euo pipefail
cd "$(dirname "$0")/.."
made=$(mktemp)
trap 'rm -f "$made"' EXIT
"${CARGO:-cargo}" run --quiet --package awsaccess-c --features header --bin awsaccess-header > "$made"
case "${1-}" in
    --check) diff -u include/awsaccess.h "$made" || { echo "include/awsaccess.h is not what its sources say; run make header"; exit 1; } ;;
    "") mkdir -p include && cp "$made" include/awsaccess.h ;;
    *) echo "usage: bindings-c/header.sh [--check]" >&2; exit 2 ;;
esac
