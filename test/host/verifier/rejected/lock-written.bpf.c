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
	locked->lock.val = 1; // reject special-field: cannot be accessed directly
	return 0;
}
