// SPDX-License-Identifier: GPL-2.0
#include "../common.h"
#include <bpf/bpf_tracing.h>

SEC("fexit/no_such_function_of_any_kernel")
int BPF_PROG(program, int first) // reject attach-target: no_such_function_of_any_kernel
{
	return 0;
}
