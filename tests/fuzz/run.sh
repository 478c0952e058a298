#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs fuzz targets that are already built: run.sh BUILD SECONDS TARGET…
#
# Each begins with its corpus in tests/fuzz/corpus and with what BUILD/kept holds from earlier runs, and works in a
# folder of its own, since some inputs write files. Ends with libFuzzer's status at the first finding.
set -eu
root=$(pwd)
build=$root/$1
seconds=$2
shift 2
mkdir -p "$build/findings"
for target in "$@"; do
    scratch=$build/scratch/$target
    corpus=$root/tests/fuzz/corpus/$target
    mkdir -p "$build/kept/$target" "$scratch"
    leaks=1 longest=4096 control=100
    case $target in arguments | tensors) leaks=0 longest=192 control=0 ;; esac # Lua's collector decides when things end
    log=$build/$target.log
    status=0
    (cd "$scratch" && CNN_FUZZ_ROOT=$root CNN_DEBUG_ALLOC=1 OMP_WAIT_POLICY=passive \
        ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=$leaks "$build/fuzz-$target" -max_total_time="$seconds" \
        -detect_leaks=$leaks -rss_limit_mb=1500 -malloc_limit_mb=600 -timeout=60 -max_len=$longest -len_control=$control -print_final_stats=1 \
        -artifact_prefix="$build/findings/$target-" "$build/kept/$target" "$corpus") >"$log" 2>&1 || status=$?
    if [ "$status" != 0 ]; then
        grep -v '^#' "$log" | tail -n 60
        echo "fuzz $target: found something; see $log" >&2
        exit "$status"
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    cover=$(sed -n 's/^#.*DONE *cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    rm -rf "$scratch"
    echo "fuzz $target: nothing found in $runs inputs, $seconds s; $cover edges"
done
