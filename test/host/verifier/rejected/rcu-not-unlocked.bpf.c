// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern void bpf_rcu_read_lock(void) __ksym;

SEC("tc")
int program(struct __sk_buff *ctx)
{
	bpf_rcu_read_lock();
	return 0; // reject rcu: rcu
}
