/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every condition on a kernel's or libbpf's version, each with the commit that
 * changed it and why it matters here. Tests set them by -D, to have any kernel
 * do as an older one.
 */
#ifndef __BYPASS_COMPAT_H
#define __BYPASS_COMPAT_H

extern int LINUX_KERNEL_VERSION __kconfig;

#define SINCE(major, minor) (LINUX_KERNEL_VERSION >= ((major) << 16 | (minor) << 8))

/*
 * Redirected bytes are receive memory since 6.13: 54f89b3178d5 ("tcp_bpf: Charge
 * receive socket buffer in bpf_tcp_ingress()"), also in newer stable releases.
 * Known from the value itself, as it is 0 on kernels that do not count; 0 here
 * does as if none did.
 */
#ifndef COUNTS_REDIRECTED
#define COUNTS_REDIRECTED 1
#endif

/*
 * A socket accepted from a Multipath TCP listener, as Go makes them, is a TCP
 * socket if the client asks for no more. accept() knows it for one also in a
 * sockmap since 6.18: c77b3b79a92e ("mptcp: Fix proto fallback detection with
 * BPF"). Before, the kernel's own sockets stay out.
 */
#ifndef ACCEPT_KNOWS_SOCKMAP
#define ACCEPT_KNOWS_SOCKMAP SINCE(6, 18)
#endif

/*
 * A program may load from any address, and a fault reads as zero, since 6.17:
 * f2362a57aeff ("bpf: allow void* cast using bpf_rdonly_cast()"). Saves a fifth
 * of the time of a call that copies. 0 also leaves out a function that loaders
 * before libbpf 1.2 must find in the kernel (5.16).
 */
#ifndef LOADS_DIRECTLY
#define LOADS_DIRECTLY SINCE(6, 17)
#endif

/* libbpf before 0.8 */
#ifndef bpf_core_field_offset
#define bpf_core_field_offset(type, field)                                               \
	__builtin_preserve_field_info(((type *)0)->field, BPF_FIELD_BYTE_OFFSET)
#endif

#endif
