#!/usr/bin/env bash
# Fuzzes one target for so many seconds, from the seeds that the tests have too; works with and without cargo-fuzz.
#
#   fuzz/run.sh TARGET SECONDS        fuzz/run.sh --all SECONDS
#
# A failing input is left in fuzz/artifacts/TARGET. Once it is mended, it belongs in core/tests/fuzz/found/TARGET.
set -euo pipefail
cd "$(dirname "$0")"
if ! rustup toolchain list | grep -q nightly; then
    echo 'skipped: fuzz: it wants a nightly compiler (rustup toolchain install nightly)'
    exit 0
fi
if [ "${1-}" = --all ]; then
    for target in fuzz_targets/*.rs; do "./run.sh" "$(basename "$target" .rs)" "$2"; done
    exit 0
fi
target=$1 seconds=$2
triple=$(rustc +nightly -vV | sed -n 's/^host: //p')
folder=${CARGO_TARGET_DIR:-$PWD/../target/fuzz}
flags='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters'
flags+=' -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing'
# With --target, the flags are for the targets alone and not for build scripts and macros.
RUSTFLAGS=$flags CARGO_TARGET_DIR=$folder \
    cargo +nightly build --quiet --release --target "$triple" --bin "$target"
mkdir -p "corpus/$target" "artifacts/$target"
export FUZZ_SEEDS=$PWD/corpus/$target
exec "$folder/$triple/release/$target" -max_total_time="$seconds" -max_len=4096 -timeout=20 -print_final_stats=1 \
    -artifact_prefix="artifacts/$target/" "corpus/$target"
