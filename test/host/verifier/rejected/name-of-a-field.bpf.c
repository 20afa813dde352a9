// SPDX-License-Identifier: GPL-2.0
#include "../common.h"
#include <bpf/bpf_core_read.h>

struct task_struct {
	int arena_lock_rcu;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, arena_lock_rcu); // reject core-relocation: CO-RE
}
