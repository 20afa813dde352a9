// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

unsigned long strlen(const char *text); // reject extern-undefined: strlen

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);

	return value ? strlen(value->text) & 1 : 0;
}
