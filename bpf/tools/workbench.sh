#!/bin/sh
# For `guard`: a directory for what a compiler reads. Root's is closed to all but root and a number reserved for it,
# its group, which is free again when the directory goes; in it nobody but root writes. Root's own place for
# temporary files may be closed to all others. $1 is "yes" where programs will be run from it. Prints its path.
# Exit 120: the compiler would be root.

undo() {
  release
  rm -rf "$d"
}

d=''
reserve ''
make_scratch "$1"
printf '%s\n' "$d"
