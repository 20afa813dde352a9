// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	char out[8] = {};

	if (data + 8 > end)
		return 1;
	return bpf_strtol(data, 8, 0, (long *)out) > 0; // reject packet-argument: helper access to the packet
}
