#!/bin/sh
# Prints what decides how sources are compiled. $1 boundary.

# shellcheck disable=SC2034 # section prints it
b=$1
exec 2>/dev/null
section architecture; uname -m
section kernel; uname -r
section bpftool; bpftool version
section clangd; clangd --version
section end
