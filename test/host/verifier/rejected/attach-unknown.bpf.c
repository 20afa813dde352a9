// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("fentry/no_such_function")
int program(u64 *ctx) // reject attach-target: no_such_function
{
	return 0;
}
