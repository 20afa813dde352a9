// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

unsigned long long load_byte(void *skb, unsigned long long offset) asm("llvm.bpf.load.byte");

static __noinline void note(struct __sk_buff *ctx)
{
	u32 key = load_byte(ctx, 3); // reject legacy-packet-function: functions that return
	struct value *value = find(key);

	if (value)
		value->count++;
}

SEC("socket")
int program(struct __sk_buff *ctx)
{
	note(ctx);
	return 0;
}
