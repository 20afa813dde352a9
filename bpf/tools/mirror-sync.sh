#!/bin/sh
# $1 the directory of all folders, $2 the folder, then files to remove; an archive of files on standard input.

umask 077
{ cd "$1" && mkdir -p "$2" && receive "$2" && share "$2" "$(stat -c %g .)"; } || exit
shift 2
[ $# = 0 ] || rm -f -- "$@"
