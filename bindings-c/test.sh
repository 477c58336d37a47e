#!/usr/bin/env bash
# Builds libawsaccess, installs it below target/, and runs the tests of this folder in C against the shared and the
# static library. AWSACCESS_RELEASE=1 builds for release. Ends with a line `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0
skip() { echo "skipped: $1"; skipped=$((skipped + ${2:-1})); }
result() { if [ "$1" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $2"; fi; }
end() { echo "$passed passed, $failed failed, $skipped skipped"; [ "$failed" -eq 0 ]; exit; }

cc=${CC:-cc}
if ! command -v "$cc" > /dev/null; then skip "no C compiler ($cc) on this machine"; end; fi

target=${CARGO_TARGET_DIR:-target}
profile=debug flags=()
if [ -n "${AWSACCESS_RELEASE-}" ]; then profile=release flags=(--release); fi
"${CARGO:-cargo}" build --quiet --package awsaccess-c "${flags[@]}" || { result 1 "cargo build"; end; }
# Only the tests are built anew for this; they cover what C cannot see.
.ci/cargo-test --package awsaccess-c --lib "${flags[@]}" > "$target/c-unit.log" 2>&1
result $? "the unit tests of the crate, see $target/c-unit.log"
grep '^failed once' "$target/c-unit.log"

stage=$(mkdir -p "$target/c-stage" && cd "$target/c-stage" && pwd)
rm -rf "$stage" && mkdir -p "$stage/bin" "$stage/home"
bindings-c/install.sh "$stage" "$target/$profile" || { result 1 "install.sh"; end; }

warnings=(-pthread -std=c11 -Wall -Wextra -Werror -pedantic)
export PKG_CONFIG_PATH=$stage/lib/pkgconfig
if command -v pkg-config > /dev/null; then
    shared=$(pkg-config --cflags --libs awsaccess)
    private=$(pkg-config --static --libs awsaccess | sed 's/.*-lawsaccess//')
else
    skip "no pkg-config; the flags are read from awsaccess.pc"
    shared="-I$stage/include -L$stage/lib -lawsaccess"
    private=$(sed -n 's/^Libs.private: //p' "$stage/lib/pkgconfig/awsaccess.pc")
fi

# The header alone, as C11, C99 and C++.
echo '#include <awsaccess.h>' > "$stage/alone.c"
for std in c11 c99; do
    "$cc" -std=$std -Wall -Wextra -Werror -pedantic -fsyntax-only -I"$stage/include" "$stage/alone.c"
    result $? "the header as $std"
done
cxx=${CXX:-c++}
if command -v "$cxx" > /dev/null; then
    { cat "$stage/alone.c"; cat << 'CXX'; } > "$stage/alone.cc"
awsaccess_status redacts(awsaccess_buffer **out)
{
    awsaccess_text line = AWSACCESS_TEXT("secret"), other = awsaccess_text_of("x");
    awsaccess_header header = AWSACCESS_HEADER("Host", "h");
    awsaccess_request request = {};
    request.struct_size = sizeof request;
    request.headers = &header;
    return awsaccess_redact(line.data, line.len + 0 * other.len, out, nullptr);
}
CXX
    "$cxx" -std=c++11 -Wall -Wextra -Werror -pedantic -Wno-missing-field-initializers -fsyntax-only -I"$stage/include" "$stage/alone.cc"
    result $? "the header as C++"
else
    skip "no C++ compiler; the header is not tried as C++"
fi

# The ten lines of the README are a test too.
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' bindings-c/README.md > "$stage/readme.c"

build() { # NAME SOURCE: one program for each library
    # shellcheck disable=SC2086
    "$cc" "${warnings[@]}" -g -Ibindings-c/tests "$2" -o "$stage/bin/$1" $shared -Wl,-rpath,"$stage/lib" \
        && "$cc" "${warnings[@]}" -g -Ibindings-c/tests -I"$stage/include" "$2" -o "$stage/bin/$1-static" \
            "$stage/lib/libawsaccess.a" $private
}

run() { # NAME PROGRAM: in an environment with nothing in it
    local log=$stage/$1.log
    env -i HOME="$stage/home" PATH="$PATH" $RUNNER "$2" vectors "$stage/home" > "$log" 2>&1
    local status=$?
    grep -v '^checks: ' "$log"
    result $status "$1 (exit $status)"
    sed -n "s/^checks: /$1: /p" "$log"
}

RUNNER=
for source in bindings-c/tests/*.c "$stage/readme.c"; do
    name=$(basename "$source" .c)
    if ! build "$name" "$source"; then result 1 "$name does not compile"; continue; fi
    run "$name" "$stage/bin/$name"
    run "$name-static" "$stage/bin/$name-static"
done

if command -v objdump > /dev/null && [ -f "$stage/lib/libawsaccess.so" ]; then
    [[ $(objdump -p "$stage/bin/errors") == *"NEEDED "*" libawsaccess.so.0"* ]]
    result $? "the program asks for libawsaccess.so.0"
    objdump -T "$stage/lib/libawsaccess.so" | awk '$2 == "g" && $4 == ".text" { print $NF }' | sort > "$stage/exported"
    grep -oE '\bawsaccess_[a-z0-9_]+\(' include/awsaccess.h | tr -d '(' | sort -u > "$stage/declared"
    diff "$stage/declared" "$stage/exported"
    result $? "the library exports what the header declares, and nothing else"
else
    skip "no objdump; the names in the library are not looked at"
fi

if command -v valgrind > /dev/null; then
    RUNNER="valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible"
    for name in errors misuse gateway redact step profile threads; do run "$name-valgrind" "$stage/bin/$name"; done
    # These read their cases into trees that nothing frees.
    RUNNER="valgrind --quiet --error-exitcode=99 --leak-check=no"
    for name in sources plans; do run "$name-valgrind" "$stage/bin/$name"; done
else
    skip "no valgrind; leaks and wild pointers are not looked for"
fi

if command -v cmake > /dev/null; then
    mkdir -p "$stage/cmake" && cp bindings-c/tests/errors.c bindings-c/tests/check.h "$stage/cmake/"
    cat > "$stage/cmake/CMakeLists.txt" << 'CMAKE'
cmake_minimum_required(VERSION 3.13)
project(check C)
find_package(awsaccess 0.1 REQUIRED)
add_executable(with_shared errors.c)
target_link_libraries(with_shared awsaccess::awsaccess)
add_executable(with_static errors.c)
target_link_libraries(with_static awsaccess::static)
CMAKE
    cmake -S "$stage/cmake" -B "$stage/cmake/build" -DCMAKE_PREFIX_PATH="$stage" > "$stage/cmake.log" 2>&1 \
        && cmake --build "$stage/cmake/build" >> "$stage/cmake.log" 2>&1 \
        && "$stage/cmake/build/with_shared" > /dev/null && "$stage/cmake/build/with_static" > /dev/null
    result $? "find_package, see $stage/cmake.log"
else
    skip "no cmake; find_package is not tried"
fi
end
