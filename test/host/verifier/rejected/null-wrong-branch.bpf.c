// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);

	if (!value)
		return *(volatile char *)value->text; // reject scalar-dereference: invalid mem access
	return XDP_PASS;
}
