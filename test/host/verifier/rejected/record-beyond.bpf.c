// SPDX-License-Identifier: GPL-2.0
#define WITH_RINGBUF
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record)
		return XDP_PASS;
	record[1] = 1; // reject memory-bounds: invalid access to memory
	bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}
