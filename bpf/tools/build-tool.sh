#!/bin/sh
# Builds a native program. $1 directory, $2 name, $3 seconds, then the compiler; the source comes on standard input. A
# linker writes files: it does so in a directory of its own, from which root takes nothing but bytes, and which is
# emptied by whom it belongs to.

# shellcheck disable=SC2317 # confined calls it
limits() {
  TMPDIR=. HOME=.
  export TMPDIR HOME
  at_most c 0
}

directory=$1 name=$2 seconds=$3 own='' as=''
shift 3
umask 077
reserve ''
enter_own "$directory"
{ place=$(mktemp -d ./build.XXXXXXXX) && cd "$place"; } || exit
[ -z "$as" ] || chown "$own:$own" . || exit
# shellcheck disable=SC2016 # $1 is that of the inner shell
$as sh -c 'cat >"$1"' sh "$name.c" || exit
confined timeout -k 2 "$seconds" "$@" >&2
code=$?
end_own || exit
if [ $code = 0 ]; then
  { $as cat "./$name" >"../$name" && chmod 700 "../$name"; } || code=1
fi
$as find . -xdev -mindepth 1 -delete
cd -P .. && rmdir "$place"
exit $code
