// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	struct bpf_timer timer = {};

	return bpf_timer_init(&timer, &hash, 1); // reject argument-type: R1
}
