// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("cgroup/sock_create")
__attribute__((naked)) int program(struct bpf_sock *ctx)
{
	asm volatile("r0 = r10; exit"); // reject return-value: R0
}
