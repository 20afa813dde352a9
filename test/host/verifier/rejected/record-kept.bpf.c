// SPDX-License-Identifier: GPL-2.0
#define WITH_RINGBUF
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (record)
		*record = 1;
	return XDP_PASS; // reject reference-leak: Unreleased reference
}
