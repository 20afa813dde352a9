// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__type(value, struct value);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(value, struct value);
} perf SEC(".maps");

SEC("?xdp")
int first(struct xdp_md *ctx)
{
	struct value key = {}, *count = bpf_map_lookup_elem(&flows, &key), *event;

	if (count)
		count->text[15] += 1;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return XDP_PASS;
	event->count = 1;
	bpf_ringbuf_submit(event, 0);
	return XDP_PASS;
}

SEC("?kprobe")
int second(void *ctx)
{
	u64 key = 0, count = 1;

	bpf_map_update_elem(&flows, &key, &count, BPF_ANY);
	bpf_get_stackid(ctx, &stacks, 0);
	return bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &key, sizeof(key));
}
