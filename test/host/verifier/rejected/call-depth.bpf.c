// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static __attribute__((noinline)) int f8(u32 *n)
{
	*n += 1;
	return *n;
}

static __attribute__((noinline)) int f7(u32 *n)
{
	*n += 1;
	return f8(n) + 1; // reject call-depth: frames is too deep
}

static __attribute__((noinline)) int f6(u32 *n)
{
	*n += 1;
	return f7(n) + 1;
}

static __attribute__((noinline)) int f5(u32 *n)
{
	*n += 1;
	return f6(n) + 1;
}

static __attribute__((noinline)) int f4(u32 *n)
{
	*n += 1;
	return f5(n) + 1;
}

static __attribute__((noinline)) int f3(u32 *n)
{
	*n += 1;
	return f4(n) + 1;
}

static __attribute__((noinline)) int f2(u32 *n)
{
	*n += 1;
	return f3(n) + 1;
}

static __attribute__((noinline)) int f1(u32 *n)
{
	*n += 1;
	return f2(n) + 1;
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 n = ctx->ingress_ifindex;

	return f1(&n);
}
