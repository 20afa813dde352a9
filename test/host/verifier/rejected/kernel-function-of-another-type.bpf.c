// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct sock_common {
	int skc_bound_dev_if;
} __attribute__((preserve_access_index));
extern int bpf_sock_destroy(struct sock_common *sock) __ksym;

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return bpf_sock_destroy((void *)ctx); // reject kernel-function: bpf_sock_destroy
}
