// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct task_struct {
	int pid;
};

SEC("tp_btf/task_newtask")
int program(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	return ((char *)task)[100000]; // reject kernel-type-bounds: access beyond struct task_struct
}
