// SPDX-License-Identifier: GPL-2.0
#include "../common.h"
#include <linux/if_ether.h>
#include <linux/ip.h>

SEC("xdp")
int program(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip;

	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	ip = (void *)(eth + 1);
	if (ip->protocol == 6) // reject packet: invalid access to packet
		return XDP_PASS;
	return XDP_DROP;
}
