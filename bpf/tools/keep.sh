#!/bin/sh
# Keeps a bypass, by the command and the sources that lie in $1, a directory of ours; then the arguments of
# sockmap-bypassctl keep.

enter_own "$1"
shift
exec sh ./sockmap-bypassctl keep --source src --setup setup "$@"
