// SPDX-License-Identifier: GPL-2.0
#define WITH_RINGBUF
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);

	if (value)
		bpf_ringbuf_submit(value, 0); // reject argument-type: R1
	return XDP_PASS;
}
