#!/bin/sh
# For `guard`: a directory for temporary files. $1 is "yes" where programs will be run from it. Prints its path.

undo() { rm -rf "$d"; }

d=''
make_scratch "$1"
printf '%s\n' "$d"
