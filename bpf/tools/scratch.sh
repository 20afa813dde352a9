#!/bin/sh
# For `guard`: a directory for temporary files. $1 is "yes" where programs will be run from it. Prints its path.

undo() { rm -rf "$d"; }

# shellcheck disable=SC2034 # for what make_scratch calls; a login may have variables of these names
d='' own='' as=''
make_scratch "$1"
printf '%s\n' "$d"
