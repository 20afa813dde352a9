// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("cgroup/sock_create")
int program(struct bpf_sock *ctx)
{
	struct value *from = find(1), *to = find(2);

	to->count = from->count; // reject null: map_value_or_null
	return 1;
}
