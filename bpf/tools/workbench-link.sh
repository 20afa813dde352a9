#!/bin/sh
# Links objects within the limits of the compiler: who wrote the source may have made what the linker reads. It writes
# in a directory of its own, from which root takes nothing but bytes, and which is emptied by whom it belongs to.
# $1 directory, $2 object, $3 seconds, $4 KiB of memory, $5 MiB of output, then the objects. Prints the object in
# base64. Exit 120: the linker would be root.

# shellcheck disable=SC2317 # confined calls it
limits() {
  at_most c 0
  at_most v "$memory"
  at_most f $((output * 2048))
  TMPDIR=. HOME=.
  export TMPDIR HOME
}

directory=$1 object=$2 seconds=$3 memory=$4 output=$5 own='' as=''
shift 5
umask 077
enter_own "$directory"
group=$(stat -c %g .)
object=./${object#"$directory"/}
for one; do
  shift
  one=${one#"$directory"/}
  share "$one" "$group"
  set -- "$@" "../$one"
done
reserve "$group"
{ place=$(mktemp -d ./link.XXXXXXXX) && cd "$place"; } || exit
[ -z "$as" ] || chown "$own:$group" . || exit
confined timeout -k 2 "$seconds" bpftool gen object linked.o "$@" >../said 2>&1
code=$?
end_own || exit
head -c 1048576 ../said >&2
if [ "$code" = 0 ]; then
  # shellcheck disable=SC2086 # $as is a command and its arguments
  $as cat ./linked.o >"../$object" || code=1
fi
# shellcheck disable=SC2086
$as find . -xdev -mindepth 1 -delete
cd -P .. && rmdir "$place"
[ "$code" = 0 ] || exit "$code"
base64 "$object"
