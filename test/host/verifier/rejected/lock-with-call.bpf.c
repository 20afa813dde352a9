// SPDX-License-Identifier: GPL-2.0
#define WITH_LOCK
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	u32 key = 1;
	struct locked *locked = bpf_map_lookup_elem(&locks, &key);

	if (!locked)
		return 0;
	bpf_spin_lock(&locked->lock);
	locked->count = bpf_get_prandom_u32(); // reject lock: lock
	bpf_spin_unlock(&locked->lock);
	return 0;
}
