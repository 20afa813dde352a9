// SPDX-License-Identifier: GPL-2.0
#include "../common.h"
#include <linux/if_ether.h>

SEC("tc")
int program(struct __sk_buff *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if (eth->h_proto != bpf_htons(ETH_P_IP)) // reject packet: invalid access to packet
		return 0;
	return data_end - data > 100;
}
