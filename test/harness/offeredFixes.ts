const CONDITION = (limit: string): string => `Insert: if ((void *)(${limit}) > `;

/** What is offered for the programs that the kernel rejects; for all others nothing. */
export const OFFERED: Readonly<Record<string, readonly string[]>> = {
  'index-of-a-macro': [
    'Insert: if (slot >= SLOTS) return 0;',
    'Mask the index: slot & (SLOTS - 1)',
  ],
  'index-signed': [
    'Insert: if (index < 0 || index >= 16) return XDP_PASS;',
    'Mask the index: index & 15',
  ],
  'inner-map-null': ['Insert: if (!count) return XDP_PASS;'],
  'kernel-function-unknown': ['Declare no_such_function __weak, and call it only where it is'],
  'licence-missing': ['Insert: char LICENSE[] SEC("license") = "GPL";'],
  'licence-misspelt': ['Write the licence as the kernel reads it: "GPL"'],
  'lock-kept': ['Insert before each return: bpf_spin_unlock(&locked->lock);'],
  'map-impossible': ['Make the keys u32'],
  'map-of-old-libbpf': ['Define packets as libbpf reads it today'],
  'map-trie-flags': ['Insert: __uint(map_flags, BPF_F_NO_PREALLOC);'],
  'null-argument': ['Insert: if (!value) return XDP_PASS;'],
  'null-in-a-condition': ['Insert: if (!value) return SK_PASS;'],
  'null-in-a-function': ['Insert: if (!value) return;'],
  'null-map-lookup': ['Insert: if (!value) return XDP_PASS;'],
  'null-ringbuf': ['Insert: if (!record) return XDP_PASS;'],
  'null-socket': ['Insert: if (!sk) return 0;'],
  'null-two-pointers': ['Insert: if (!to || !from) return 1;'],
  'packet-cast-unchecked': [
    `${CONDITION('(u32 *)data + 1')}(void *)(long)ctx->data_end) return XDP_PASS;`,
  ],
  'packet-header-unchecked': [`${CONDITION('eth + 1')}data_end) return 0;`],
  'packet-second-header': [`${CONDITION('ip + 1')}end) return XDP_PASS;`],
  'packet-unchecked': [`${CONDITION('data + 5')}(void *)(long)ctx->data_end) return XDP_PASS;`],
  'section-misspelt': ['Change the section to SEC("xdp")'],
  'section-of-old-libbpf': ['Change the section to SEC("xdp")'],
  'size-too-large': ['Insert: if (size > sizeof(text)) return 0;'],
  'size-unbounded': ['Insert: if (size > sizeof(text)) return 0;'],
  'size-unbounded-long': ['Insert: if (size > sizeof(text)) size = sizeof(text);'],
  'size-zero': ['Pass sizeof(format)'],
  'sized-by-user-space-null': ['Insert: if (!count) return XDP_PASS;'],
  'stack-index': ['Insert: if (index >= 16) return XDP_PASS;', 'Mask the index: index & 15'],
  'stack-index-off-by-one': [
    'Insert: if (index >= 16) return XDP_PASS;',
    'Mask the index: index & 15',
  ],
  'sleepable-uprobe': ['Change the section to SEC("uprobe.s")'],
  'storage-flags': ['Pass 0 as the flags'],
  'value-negative-index': ['Change index >= 16 to index < 0 || index >= 16'],
  'value-off-by-one': ['Change index > 16 to index >= 16'],
  'value-unbounded-index': [
    'Insert: if (index >= 16) return XDP_PASS;',
    'Mask the index: index & 15',
  ],
};
