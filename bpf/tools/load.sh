#!/bin/sh
# Loads, with the files that lie in $1, a directory of ours; then the arguments of sockmap-bypassctl load.

enter_own "$1"
shift
ctl_load_object "$@"
