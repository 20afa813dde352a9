#!/bin/sh
# Writes the types of the kernel to include/vmlinux.h in $1, a directory of ours.

enter_own "$1"
kernel_types include
