#!/usr/bin/env bash
# Installs what cargo built: bindings-c/install.sh PREFIX [BUILD], where BUILD is the folder that holds libawsaccess.*
# (default: target/release). Set DESTDIR for a package's root.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -lt 1 ]; then echo "usage: bindings-c/install.sh PREFIX [BUILD]" >&2; exit 2; fi
prefix=$1 build=${2:-${CARGO_TARGET_DIR:-target}/release}
root=${DESTDIR-}$prefix
version=$(sed -n 's/^#define AWSACCESS_VERSION "\(.*\)"$/\1/p' include/awsaccess.h)
abi=$(sed -n 's/^const ABI: u32 = \([0-9]*\);$/\1/p' bindings-c/build.rs)

mkdir -p "$root/include" "$root/lib/pkgconfig" "$root/lib/cmake/awsaccess"
install -m 644 include/awsaccess.h "$root/include/"
install -m 644 "$build/libawsaccess.a" "$root/lib/"
if [ -f "$build/libawsaccess.dylib" ]; then
    install -m 755 "$build/libawsaccess.dylib" "$root/lib/libawsaccess.$version.dylib"
    ln -sf "libawsaccess.$version.dylib" "$root/lib/libawsaccess.$abi.dylib"
    ln -sf "libawsaccess.$abi.dylib" "$root/lib/libawsaccess.dylib"
else
    install -m 755 "$build/libawsaccess.so" "$root/lib/libawsaccess.so.$version"
    ln -sf "libawsaccess.so.$version" "$root/lib/libawsaccess.so.$abi"
    ln -sf "libawsaccess.so.$abi" "$root/lib/libawsaccess.so"
fi
fill() { sed -e "s|@prefix@|$prefix|g" -e "s|@version@|$version|g" "bindings-c/$1" > "$2"; }
fill awsaccess.pc.in "$root/lib/pkgconfig/awsaccess.pc"
fill awsaccess-config.cmake.in "$root/lib/cmake/awsaccess/awsaccess-config.cmake"
fill awsaccess-config-version.cmake.in "$root/lib/cmake/awsaccess/awsaccess-config-version.cmake"
