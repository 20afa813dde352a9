// SPDX-License-Identifier: GPL-2.0
#define WITH_LOCK
#define WITH_PROGRAMS
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	u32 key = 1;
	struct locked *locked = bpf_map_lookup_elem(&locks, &key);

	if (!locked)
		return 0;
	bpf_spin_lock(&locked->lock);
	bpf_tail_call(ctx, &programs, 0); // reject lock: function calls
	bpf_spin_unlock(&locked->lock);
	return 0;
}
