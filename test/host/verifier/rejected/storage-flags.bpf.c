// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, u64);
} packets SEC(".maps");

SEC("cgroup_skb/egress")
int program(struct __sk_buff *ctx)
{
	u64 *count = bpf_get_local_storage(&packets, 1); // reject flags: non-zero flags

	*count += 1;
	return 1;
}
