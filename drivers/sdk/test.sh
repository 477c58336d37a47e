#!/usr/bin/env bash
# The official AWS SDK for Rust: with our chain as its provider of credentials, against the emulator; and as a client of the
# gateway that knows nothing of it.
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}
status=0
CARGO_TARGET_DIR=$target/sdk ../../.ci/cargo-test "$@" || status=$?
CARGO_TARGET_DIR=$target/sdk cargo build --quiet --bin client
RUST_SDK_CLIENT=$target/sdk/debug/client ../../proxy/clients/test.sh --sdk || status=$?
exit $status
