// SPDX-License-Identifier: GPL-2.0
#include "vmlinux.h"
#include <linux/ip.h> // reject header-conflict: redefinition
#include <bpf/bpf_helpers.h>

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return XDP_PASS;
}
