#!/bin/sh
# Compiles within limits: a source can make the compiler read any file or device, and compute or write without end. It
# writes to its standard output, and nothing in the directory: what root loads, and the files that root writes beside
# it, are in nobody else's hands. The object counts when nothing is left that could still write to it.
# $1 directory, $2 object, $3 seconds, $4 KiB of memory, $5 MiB of output, then the compiler. Prints the object in
# base64. Exit 120: the compiler would be root; 153: it wrote too much, as where the shell says so of SIGXFSZ.

limits() {
  at_most c 0
  at_most v "$memory"
  at_most f $((output * 2048))
  TMPDIR=$directory HOME=$directory
  export TMPDIR HOME
  cd -P src || exit
}

directory=$1 object=$2 seconds=$3 memory=$4 output=$5
shift 5
umask 077
enter_own "$directory"
object=./${object#"$directory"/}
reserve "$(stat -c %g .)"
confined timeout -k 2 "$seconds" "$@" >"$object" 2>said
code=$?
end_own || exit
head -c 1048576 said >&2
# Its words for a standard output that is full are many.
[ "$code" = 0 ] || [ "$(wc -c <"$object")" -lt $((output * 1048576)) ] || exit 153
[ "$code" = 0 ] || exit "$code"
base64 "$object"
