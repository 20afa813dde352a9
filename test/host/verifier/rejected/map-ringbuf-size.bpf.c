// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 10000);
} odd SEC(".maps"); // reject map-creation: map 'odd'

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 *record = bpf_ringbuf_reserve(&odd, sizeof(*record), 0);

	if (record)
		bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}
