#!/bin/sh
# SPDX-License-Identifier: MIT
# Sees to what the build needs: deps.sh [check|optional]
#
# On Debian and its children missing packages are installed with apt-get, by root or through sudo, and named first. Where
# all is there it says nothing and takes a few milliseconds. Elsewhere it looks for the things themselves and lists what
# is missing. `check` adds the tools of `make check`; `optional` tries to install what only some features need, and never fails.
set -eu

packages="gcc libc6-dev pkg-config lua5.4 liblua5.4-dev libreadline-dev libopenblas-openmp-dev zlib1g-dev
    libcurl4-openssl-dev libarchive-dev ca-certificates"
# What cnnsh does without, with a sentence where somebody asks for it: installed for the tests, if that is possible.
optional="gnuplot-nox libchafa-dev libglib2.0-dev libpng-dev libturbojpeg0-dev"
if [ "${1:-}" = optional ]; then
    packages=$optional
fi
if [ "${1:-}" = check ]; then
    packages="$packages clang libclang-rt-dev libomp-dev clang-format clang-tidy cppcheck valgrind universal-ctags git dpkg-dev"
    packages="$packages lintian"
fi

debian() {
    missing=""
    for package in $packages; do
        case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
        *" installed") ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    echo "installing:$missing"
    root=""
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "deps: run this as root: apt-get install$missing" >&2
            return 1
        fi
        root=sudo
    fi
    log=$(mktemp)
    install="$root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing"
    # the lists of packages may be absent (a fresh system) or stale
    if ! $install >"$log" 2>&1; then
        if ! { $root apt-get update && $install; } >"$log" 2>&1; then
            tail -n 20 "$log" >&2
            echo "deps: apt-get could not install:$missing" >&2
            rm -f "$log"
            return 1
        fi
    fi
    rm -f "$log"
}

# Does this header, with these flags, compile?
has_header() {
    printf '#include <stdio.h>\n#include <%s>\n' "$1" | ${CC:-cc} $(pkg-config --cflags "$2" 2>/dev/null) -E - >/dev/null 2>&1
}

other() {
    missing=""
    command -v "${CC:-cc}" >/dev/null || missing="$missing
  a C compiler with OpenMP (gcc or clang)"
    command -v pkg-config >/dev/null || missing="$missing
  pkg-config"
    command -v lua5.4 >/dev/null || missing="$missing
  lua5.4 (the program by this name; it runs the tests)"
    has_header lua.h lua5.4 || missing="$missing
  Lua 5.4's headers and library"
    has_header readline/readline.h readline || missing="$missing
  GNU readline's headers and library"
    has_header cblas.h openblas || missing="$missing
  OpenBLAS's headers and library, built with OpenMP"
    has_header zlib.h zlib || missing="$missing
  zlib's headers and library"
    has_header curl/curl.h libcurl || missing="$missing
  libcurl's headers and library (make works without, but then nothing can be downloaded)"
    has_header archive.h libarchive || missing="$missing
  libarchive's headers and library (make works without, but then archives are not unpacked)"
    [ -n "$missing" ] || return 0
    echo "deps: this system has no apt-get, so please install what is missing and call make again:$missing" >&2
    return 1
}

if [ "${1:-}" = optional ]; then
    command -v apt-get >/dev/null && { debian || echo "deps: going on without; tests of what needs it are skipped"; }
    exit 0
fi
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then debian; else other; fi
