// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tp_btf/task_newtask")
int program(u64 *ctx)
{
	return ctx[9] != 0; // reject traced-argument: doesn't have
}
