// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv4), -1, 0);

	if (!sk)
		return 0;
	bpf_sk_release(sk);
	bpf_sk_release(sk); // reject argument-type: R1
	return 0;
}
