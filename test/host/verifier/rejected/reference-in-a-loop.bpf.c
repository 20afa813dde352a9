// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	struct bpf_sock_tuple tuple = {};

	for (int i = 0; i < 2; i++) {
		struct bpf_sock *sk = bpf_sk_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv4), -1, 0);

		if (sk && sk->family == 2)
			bpf_sk_release(sk);
	}
	return 0; // reject reference-leak: Unreleased reference
}
