#!/bin/sh
# $1 the directory of all folders, $2 the folder, then files to remove; an archive of files on standard input.

umask 077
enter_own "$1"
folder=$2
shift 2
# First: a file may take the place of a directory that has become empty, and the other way round.
for one; do
  rm -f -- "$one"
  rmdir -p -- "${one%/*}" 2>/dev/null
done
mkdir -p "$folder" && receive "$folder" && share "$folder" "$(stat -c %g .)"
