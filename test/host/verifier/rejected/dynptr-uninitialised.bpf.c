// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct bpf_dynptr dynptr;
	char text[4] = {};

	bpf_dynptr_read(text, sizeof(text), &dynptr, 0, 0); // reject dynptr: dynptr
	return text[0];
}
