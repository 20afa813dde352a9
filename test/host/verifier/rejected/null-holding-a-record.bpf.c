// SPDX-License-Identifier: GPL-2.0
#define WITH_RINGBUF
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	struct value *value = find(1);

	if (!record)
		return XDP_PASS;
	*record = value->count; // reject null: map_value_or_null
	bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}
