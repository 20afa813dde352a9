// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern void bpf_throw(u64 cookie) __ksym;

SEC("tc")
int program(struct __sk_buff *ctx)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv4), -1, 0);

	bpf_throw(1); // reject reference-leak: reference
	if (sk)
		bpf_sk_release(sk);
	return 0;
}
