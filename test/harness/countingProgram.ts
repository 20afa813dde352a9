/** A program that the verifier accepts for the check in it. */
export const ACCEPTED = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, long);
} hits SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	int key = 0;
	long *value = bpf_map_lookup_elem(&hits, &key);

	if (value)
		*value += 1;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
`;
/** From 0: the check, and where the verifier rejects the program that lacks it. */
export const CHECK_LINE = 16;
export const REJECTED = ACCEPTED.replace('\tif (value)\n\t', '');
