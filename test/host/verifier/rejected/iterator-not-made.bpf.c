// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;

SEC("tc")
int program(struct __sk_buff *ctx)
{
	struct bpf_iter_num it = {};

	return bpf_iter_num_next(&it) != 0; // reject iterator: iter
}
