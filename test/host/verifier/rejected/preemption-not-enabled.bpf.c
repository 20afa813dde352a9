// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern void bpf_preempt_disable(void) __ksym;

SEC("tc")
int program(struct __sk_buff *ctx)
{
	bpf_preempt_disable();
	return 0; // reject preemption: preempt
}
