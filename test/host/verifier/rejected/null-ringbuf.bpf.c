// SPDX-License-Identifier: GPL-2.0
#define WITH_RINGBUF
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	*record = 1; // reject null: invalid mem access
	bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}
