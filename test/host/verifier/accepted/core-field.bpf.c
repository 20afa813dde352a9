// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct task_struct {
	int pid;
	int no_such_field;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int number = 0;

	if (__builtin_preserve_field_info(task->no_such_field, 2))
		bpf_probe_read_kernel(&number, sizeof(number), &task->no_such_field);
	else
		bpf_probe_read_kernel(&number, sizeof(number), &task->pid);
	return number;
}
