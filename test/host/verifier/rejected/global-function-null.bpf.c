// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct item {
	int number;
};

__attribute__((noinline)) int use(struct item *item)
{
	return item->number; // reject null: R1
}

SEC("tc")
int program(struct __sk_buff *ctx)
{
	struct item item = {.number = ctx->len};

	return use(&item);
}
