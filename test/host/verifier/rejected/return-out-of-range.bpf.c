// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("cgroup/sock_create")
int program(struct bpf_sock *ctx)
{
	return 5; // reject return-value: R0 has
}
