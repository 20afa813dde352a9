// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("sk_msg")
int program(struct sk_msg_md *ctx)
{
	struct value *value = find(ctx->family);

	if (value->count > 3) // reject null: map_value_or_null
		return SK_DROP;
	return SK_PASS;
}
