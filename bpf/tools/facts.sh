#!/bin/sh
# Prints what a host has, as it says itself. $1 boundary.

# shellcheck disable=SC2034 # section prints it
b=$1
exec 2>/dev/null
section kernel; uname -r
section architecture; uname -m
section distribution; cat /etc/os-release || cat /usr/lib/os-release
section cpus; getconf _NPROCESSORS_ONLN
section mounts; cat /proc/self/mountinfo
section btf; [ -r /sys/kernel/btf/vmlinux ] && echo yes
section jit; cat /proc/sys/net/core/bpf_jit_enable
section clang; clang --version 2>&1
section targets; clang -print-targets
section clangd; clangd --version 2>&1
section headers; for d in /usr/include /usr/local/include; do [ -r $d/bpf/bpf_helpers.h ] && echo yes && break; done
section libbpf; cat /usr/local/include/bpf/libbpf_version.h /usr/include/bpf/libbpf_version.h; cat /usr/lib*/pkgconfig/libbpf.pc /usr/lib/*/pkgconfig/libbpf.pc
section setpriv; setpriv --version
section systemd; [ -d /run/systemd/system ] && echo yes
section flock; command -v flock >/dev/null && echo yes
section bpftool; bpftool version 2>&1
section types
case $(bpftool version) in
  *' v'[56].*) bpftool btf dump file /sys/kernel/btf/vmlinux >/dev/null && echo yes ;;
  *) echo yes ;;
esac
section netperf; netperf -V 2>&1
section netserver; netserver -V 2>&1
section there; for t in clang clangd bpftool netperf netserver; do command -v $t >/dev/null && echo $t; done
section programs; bpftool -j -f prog show
section end
