// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern void bpf_throw(u64 cookie) __ksym;

__noinline int handle(u64 *cookie)
{
	return *cookie > 0;
}

SEC("tc")
__attribute__((btf_decl_tag("exception_callback:handle"))) int
program(struct __sk_buff *ctx) // reject exception: exception cb
{
	bpf_throw(1);
	return handle(0);
}
