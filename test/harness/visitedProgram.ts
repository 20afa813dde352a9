/** A program with a loop, and a line that the verifier knows not to be reached: its condition is in .rodata. */
export const VISITED = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, long);
} hits SEC(".maps");

const volatile int verbose = 0;

SEC("xdp")
int count(struct xdp_md *ctx)
{
	int key = 0;
	long *value = bpf_map_lookup_elem(&hits, &key);

	if (!value)
		return XDP_PASS;
	if (verbose)
		*value = 100;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 3; i++)
		*value += bpf_get_prandom_u32() & 15;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
`;

/** The line with a text, from 0. */
export const lineWith = (text: string): number =>
  VISITED.split('\n').findIndex((line) => line.includes(text));
