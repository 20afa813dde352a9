export const HOT_TEXT = 'sum += bpf_ktime_get_ns();';
/** From 1. */
export const HOT_LINE = 11;

/** A program nearly all of whose time goes by at one line, in a function of the kernel. */
export const hotProgram = (name: string): string => `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int ${name}(struct xdp_md *ctx)
{
	__u64 sum = 0;
	int i;

	for (i = 0; i < 1000; i++)
		${HOT_TEXT}
	return sum ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
`;
