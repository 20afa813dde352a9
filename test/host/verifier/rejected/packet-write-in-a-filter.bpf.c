// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("cgroup_skb/egress")
int program(struct __sk_buff *ctx)
{
	char *data = (void *)(long)ctx->data;
	char *end = (void *)(long)ctx->data_end;

	if (data + 1 > end)
		return 1;
	*data = 1; // reject read-only: cannot write into packet
	return 1;
}
