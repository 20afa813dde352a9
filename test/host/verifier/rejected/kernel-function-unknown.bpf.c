// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern void no_such_function(void) __ksym; // reject ksym: no_such_function

SEC("tc")
int program(struct __sk_buff *ctx)
{
	no_such_function();
	return 0;
}
