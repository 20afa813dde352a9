// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern const int no_such_variable __ksym; // reject ksym: no_such_variable

SEC("tc")
int program(struct __sk_buff *ctx)
{
	return *(volatile int *)&no_such_variable;
}
