// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

u64 seen;

SEC("tc")
int program(struct __sk_buff *ctx)
{
	__sync_fetch_and_add(&seen, 1);
	return 0;
}
