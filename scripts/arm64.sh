#!/bin/sh
# SPDX-License-Identifier: MIT
# Cross-compiles for arm64 and runs the C tests and some Lua tests under qemu: arm64.sh [fetch]
#
# ROOT (build/arm64-root unless set) is a folder with the arm64 libraries and headers that the build needs, as below /.
# `fetch` fills it from Debian's archive without installing anything. Where a tool or the folder is missing, the check says
# so and is skipped. The programs are linked statically, so that qemu needs nothing else.
set -eu

ROOT=${ROOT:-$PWD/build/arm64-root}
BUILD=build/arm64
LIB=$ROOT/usr/lib/aarch64-linux-gnu

fetch() {
    apt=$ROOT.apt
    mkdir -p "$ROOT" "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs"
    : >"$apt/status"
    options="-qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= -o Dir::State=$apt
        -o Dir::State::status=$apt/status -o Dir::Cache=$apt/cache"
    # shellcheck disable=SC2086
    apt-get $options update
    # shellcheck disable=SC2086
    (cd "$apt/debs" && apt-get $options download liblua5.4-dev libopenblas-openmp-dev zlib1g-dev libreadline-dev \
        libncurses-dev)
    for package in "$apt"/debs/*.deb; do dpkg -x "$package" "$ROOT"; done
    rm -rf "$apt"
}

skip() {
    echo "arm64: skipped, it needs $1"
    exit 0
}

if [ "${1:-}" = fetch ]; then
    fetch
    exit
fi
command -v aarch64-linux-gnu-gcc >/dev/null || skip "aarch64-linux-gnu-gcc (Debian: gcc-aarch64-linux-gnu)"
command -v qemu-aarch64-static >/dev/null || skip "qemu-aarch64-static (Debian: qemu-user-static)"
[ -f "$LIB/liblua5.4.a" ] || skip "arm64 libraries in $ROOT: 'sh scripts/arm64.sh fetch' unpacks Debian's there"

build() {
    ${MAKE:-make} --no-print-directory CC=aarch64-linux-gnu-gcc BUILD=$BUILD \
        CFLAGS="-isystem $ROOT/usr/include -isystem $ROOT/usr/include/aarch64-linux-gnu" \
        BLAS_CFLAGS="-isystem $ROOT/usr/include/aarch64-linux-gnu/openblas-openmp" \
        BLAS_LIBS="-L$LIB/openblas-openmp -lopenblas -ltinfo" LATE_CFLAGS= \
        LUA_CFLAGS="-isystem $ROOT/usr/include/lua5.4" LUA_LIBS="-static -L$LIB -llua5.4" "$@"
}

# Runs one test and shows its last line, or all where it fails.
failed=0
emulate() {
    if output=$(qemu-aarch64-static "$@" 2>&1); then
        printf '%-40s %s\n' "${3:-$1}" "$(printf '%s\n' "$output" | tail -n 1)"
    else
        printf '%s\nFAIL arm64: %s\n' "$output" "$*"
        failed=1
    fi
}

# allocfail wraps the allocations of a dynamic C library
programs=""
for source in tests/c/*.c; do
    [ "$source" = tests/c/allocfail.c ] || programs="$programs $BUILD/${source%.c}"
done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
build -j"$(nproc)" $BUILD/cnnsh $programs >"$log" 2>&1 || {
    cat "$log"
    exit 1
}
echo "arm64: compiled without a warning of the compiler"
for program in $programs; do emulate "$program"; done
for test in tests/ops/*.lua tests/nn/layers.lua; do emulate $BUILD/cnnsh tests/check.lua "$test"; done
exit $failed
