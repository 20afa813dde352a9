// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("uprobe")
int program(u64 *ctx)
{
	char text[4];

	return bpf_copy_from_user(text, sizeof(text), (void *)4096); // reject sleepable: sleep
}
