// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern int bpf_dynptr_size(int number) __ksym; // reject kernel-function-declaration: bpf_dynptr_size

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return bpf_dynptr_size(3);
}
