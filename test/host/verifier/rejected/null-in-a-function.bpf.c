// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static __attribute__((noinline)) void add(u32 key)
{
	struct value *value = find(key);
	u64 number = bpf_get_prandom_u32();

	value->count += number; // reject null: map_value_or_null
}

SEC("tc")
int program(struct __sk_buff *ctx)
{
	add(ctx->len);
	return 0;
}
