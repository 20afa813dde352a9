#!/bin/sh
# Writes the types of the kernel to include/vmlinux.h in $1, a directory of ours, and under a name that no source has.

enter_own "$1"
kernel_types include
[ -e include/sockmap-bypass-vmlinux.h ] || ln -s vmlinux.h include/sockmap-bypass-vmlinux.h
