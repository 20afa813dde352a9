// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

unsigned long long load_byte(void *skb, unsigned long long offset) asm("llvm.bpf.load.byte");

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return load_byte(ctx, 3); // reject legacy-packet-access: BPF_LD_[ABS|IND]
}
