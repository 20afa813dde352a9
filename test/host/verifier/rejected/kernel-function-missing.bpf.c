// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern int bpf_no_such_function(int number) __ksym __weak;

SEC("tc")
int program(struct __sk_buff *ctx)
{
	return bpf_no_such_function(ctx->len); // reject ksym: !read_ok
}
