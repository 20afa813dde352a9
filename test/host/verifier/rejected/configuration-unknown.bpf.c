// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern int CONFIG_NO_SUCH_OPTION __kconfig; // reject extern-unresolved: CONFIG_NO_SUCH_OPTION

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return CONFIG_NO_SUCH_OPTION;
}
