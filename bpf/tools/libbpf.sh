#!/bin/sh
# Finds the libbpf below a prefix, for a program that root runs. Only root may be able to change what goes into it: all
# headers and the library, and every directory on the way to them. $1 prefix. Prints the directory of headers, the
# library, and what tells it from another one there. Exit 3: it is not used.

refuse() { printf '%s\n' "$1" >&2; exit 3; }

# Whether a path, without links, and all above it are root's alone. Its plain characters mean nothing to a linker.
need_roots() {
  case $1 in *[!A-Za-z0-9_.+@~/-]*) refuse "$1 has other characters than letters, digits and _.+@~-" ;; esac
  at=$1
  while :; do
    of=$(stat -c '%u %a %U' "$at") || exit 3
    mode=${of#* } mode=${mode%% *}
    [ "${of%% *}" = 0 ] || refuse "$at belongs to ${of##* }, not to root"
    [ $((0$mode & 022)) = 0 ] || refuse "$at can be changed by others than root (mode $mode)"
    [ "$at" != / ] || return 0
    at=${at%/*} at=${at:-/}
  done
}

# The same for what `find` finds below a directory that is. A link may lead to another of these files.
need_roots_in() {
  find "$@" \( -type l -o ! -user 0 -o -perm -020 -o -perm -002 \) | while IFS= read -r odd; do
    if [ -L "$odd" ]; then
      to=$(readlink -f "$odd") && [ -f "$to" ] || refuse "$odd is a link to what is no file"
      case $to in "$1"/*) ;; *) refuse "$odd is a link that leads out, to $to" ;; esac
    else
      need_roots "$(readlink -f "$odd")"
    fi
  done || exit 3
}

prefix=$(readlink -f "$1")
[ -d "$prefix" ] || refuse "$1 is not a directory"
headers=$prefix/include library=''
[ -r "$headers/bpf/libbpf.h" ] || refuse "$headers/bpf/libbpf.h is not there"
for name in libbpf.a libbpf.so; do
  for directory in lib64 lib "lib/$(uname -m)-linux-gnu"; do
    [ -n "$library" ] || [ ! -r "$prefix/$directory/$name" ] || library=$prefix/$directory/$name
  done
done
[ -n "$library" ] || refuse "$prefix has neither libbpf.a nor libbpf.so in lib64 or lib"
directory=${library%/*}
for one in "$headers" "$directory"; do
  [ "$(readlink -f "$one")" = "$one" ] || refuse "$one is a link"
  need_roots "$one"
done
need_roots_in "$headers"
need_roots_in "$directory" -maxdepth 1 -name 'libbpf.*'
# Libraries that it needs are looked for beside it, too.
case $library in
*.so)
  beside=$(find -L "$directory" -maxdepth 1 -name '*.so*' ! -type l \( ! -user 0 -o -perm -020 -o -perm -002 \)) || exit 3
  [ -z "$beside" ] || refuse "$(printf '%s' "$beside" | head -n 1) can be changed by others than root"
  ;;
esac
printf '%s\n' "$headers" "$library"
stat -L -c '%d:%i:%Y:%s' "$library" "$headers/bpf/libbpf.h" | tr '\n' ' '
