#!/bin/sh
# A source can make any compiler read or compute without end: more memory than this, or so much time in all, is the end
# of the server, and another one is started. $1 the directory, $2 KiB, $3 seconds of the CPU, then clangd.

enter_own "$1"
echo $$ >pid
# shellcheck disable=SC3045 # dash, BusyBox and bash have -S and -v
ulimit -S -v "$2" 2>/dev/null
# shellcheck disable=SC3045
ulimit -S -t "$3" 2>/dev/null
shift 3
as_owner . nice -n 5 "$@"
