// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tp_btf/no_such_tracepoint")
int program(u64 *ctx) // reject attach-target: no_such_tracepoint
{
	return 0;
}
