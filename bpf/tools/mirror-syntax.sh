#!/bin/sh
# Prints what clang says about the syntax of a source, and the version of clangd. $1 boundary, $2 directory, $3 KiB, $4 seconds,
# then clang.

limits() {
  # shellcheck disable=SC3045 # dash, BusyBox and bash have -S and -v
  ulimit -S -v "$memory" 2>/dev/null
}

# shellcheck disable=SC2034 # section prints it
b=$1 memory=$3 seconds=$4 as=''
enter_own "$2"
shift 4
reserve "$(stat -c %g .)"
section clang
confined timeout -k 2 "$seconds" "$@" -fsyntax-only -fno-color-diagnostics -fno-caret-diagnostics -fdiagnostics-print-source-range-info 2>&1
code=$?
section status; echo $code
section clangd; $as clangd --version 2>/dev/null
section end
