// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

__attribute__((noinline)) int pick(struct value **value)
{
	return (*value)->count; // reject null: mem_or_null
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);

	return value ? pick(&value) : 0;
}
