#!/usr/bin/env bash
# The official AWS SDK for Rust, as a client of the gateway that knows nothing of it (--client), and with our chain as its
# provider of credentials, against the emulator (--provider).
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}
case ${1-} in
--provider) CARGO_TARGET_DIR=$target/sdk exec ../../.ci/cargo-test ;;
--client)
    CARGO_TARGET_DIR=$target/sdk cargo build --quiet --bin client
    RUST_SDK_CLIENT=$target/sdk/debug/client exec ../../proxy/clients/test.sh --sdk
    ;;
*)
    echo 'usage: drivers/sdk/test.sh --client|--provider'
    exit 2
    ;;
esac
