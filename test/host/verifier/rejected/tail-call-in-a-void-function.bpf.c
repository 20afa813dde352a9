// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} others SEC(".maps");

static __noinline void go_on(struct __sk_buff *ctx)
{
	bpf_tail_call(ctx, &others, 0); // reject tail-call: only allowed in functions that return
}

SEC("tc")
int program(struct __sk_buff *ctx)
{
	go_on(ctx);
	return 0;
}
