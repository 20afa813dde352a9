// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int callback_sleepable_dynptr(struct xdp_md *ctx)
{
	u32 key = 0;
	struct value *rcu_read_lock = bpf_map_lookup_elem(&hash, &key);

	return rcu_read_lock->count; // reject null: map_value_or_null
}
