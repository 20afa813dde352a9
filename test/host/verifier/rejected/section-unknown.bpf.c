// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("no_such_type")
int program(void *ctx) // reject section-name: missing BPF prog type
{
	return 0;
}
