// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

#define COUNT(v) ((v)->count += 1, (v)->text[0] = 1)

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);

	COUNT(value); // reject null: map_value_or_null
	return XDP_PASS;
}
