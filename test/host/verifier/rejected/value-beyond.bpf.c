// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);

	return value ? ((volatile char *)value)[64] : 0; // reject map-value-bounds: map value
}
