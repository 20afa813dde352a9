#!/bin/sh
# Prints what the kernel made of a program, packed: gzip, base64. In a mount namespace of its own, so that the pins bpftool needs
# are gone with it. $1 boundary, $2 workbench, $3 helper, $4 directory, $5 program, $6 architecture, $7 level of the log,
# $8 object, $9 seconds.

# At the end of a pipe its failure would go unseen.
command -v gzip >/dev/null || { echo 'gzip is not installed' >&2; exit 127; }
enter_own "$2"
# shellcheck disable=SC2016 # the inner shell's
unshare -m --propagation private sh -c '
mount -t bpf bpf /sys/fs/bpf && ./"$3" "$1" "$7" "$9" /sys/fs/bpf "./${8#"$2"/}" "$5" "./${4#"$2"/}/code" || exit
[ -e "/sys/fs/bpf/$5" ] || exit 0
printf "\n%s xlated\n" "$1"
bpftool prog dump xlated pinned "/sys/fs/bpf/$5" linum 2>&1
printf "\n%s jited\n" "$1"
case $6 in x86_64) machine=i386:x86-64 ;; *) machine=$6 ;; esac
objdump -D -b binary -m "$machine" "./${4#"$2"/}/code" 2>&1' sh "$@" | gzip -1 -c | base64
