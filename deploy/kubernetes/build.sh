#!/bin/sh
# Compiles the programs for the image: build.sh SOURCES OUTPUT. Two objects, for the kernel that a node will have is
# not known here: below 5.16 it cannot do what the first asks for.
set -eu
machine=$(uname -m)
case $machine in
  x86_64) target=x86 ;;
  aarch64) target=arm64 ;;
  *)
    echo "build: no image for $machine" >&2
    exit 1
    ;;
esac
compile() {
  output=$1
  shift
  clang -O2 -g -target bpf "-D__TARGET_ARCH_$target" -idirafter "/usr/include/$machine-linux-gnu" "-I$sources" "$@" \
    -c "$sources/sockmap_bypass.bpf.c" -o "$output"
}
sources=$1
compile "$2/bypass.o"
compile "$2/bypass-5.15.o" -DLOADS_DIRECTLY=0
