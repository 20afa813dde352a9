// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	struct value *value = find(1);
	u64 number = (long)value;

	if (!value)
		return 0;
	asm volatile("%0 |= 1" : "+r"(number)); // reject pointer-arithmetic: bitwise operator |= on pointer
	return number;
}
