// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} storage SEC(".maps");

SEC("tc")
int program(struct __sk_buff *ctx)
{
	return bpf_sk_storage_get(&storage, ctx->sk, 0, 0) != 0; // reject null: sock_common_or_null
}
