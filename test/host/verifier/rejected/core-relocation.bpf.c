// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct task_struct {
	int no_such_field;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task;
	int number = 0;

	task = (void *)bpf_get_current_task();
	bpf_probe_read_kernel(&number, sizeof(number), &task->no_such_field); // reject core-relocation: CO-RE
	return number;
}
