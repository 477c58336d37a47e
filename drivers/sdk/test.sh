#!/usr/bin/env bash
# The official AWS SDK for Rust with our chain as its provider of credentials, against the emulator.
set -euo pipefail
cd "$(dirname "$0")"
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}/sdk exec cargo test --quiet "$@"
