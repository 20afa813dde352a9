// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tp_btf/task_newtask")
int program(u64 *ctx)
{
	int *task = (void *)ctx[0];

	task[4] = 1; // reject read-only: only read is supported
	return 0;
}
