// SPDX-License-Identifier: GPL-2.0
#define WITH_RINGBUF
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct bpf_dynptr record;
	char *data;

	bpf_ringbuf_reserve_dynptr(&records, 8, 0, &record);
	data = bpf_dynptr_data(&record, 0, 8);
	bpf_ringbuf_submit_dynptr(&record, 0);
	if (!data)
		return XDP_PASS;
	*(volatile char *)data = 1; // reject scalar-dereference: invalid mem access
	return XDP_PASS;
}
