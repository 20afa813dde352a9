// SPDX-License-Identifier: GPL-2.0
/* A sock_ops program that takes no account of others: it wants no callback, so nobody
 * gets one. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("sockops")
int neighbour(struct bpf_sock_ops *ops)
{
	bpf_sock_ops_cb_flags_set(ops, 0);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
