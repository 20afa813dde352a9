import * as l10n from '@vscode/l10n';
import type { Code, QuickFix } from './code.ts';

/** Headers of libbpf, by what they declare: beside vmlinux.h as well. */
const LIBBPF: readonly (readonly [RegExp, string])[] = [
  [/^bpf_(?:ntoh|hton|cpu_to_be|be\d+_to_cpu)\w*$/, 'bpf/bpf_endian.h'],
  [/^(?:BPF_K(?:RET)?PROBE|BPF_PROG|PT_REGS_\w+)$/, 'bpf/bpf_tracing.h'],
  [/^(?:BPF_CORE_READ\w*|bpf_core_\w+)$/, 'bpf/bpf_core_read.h'],
  [
    /^(?:SEC|__uint|__type|__array|__always_inline|__noinline|__ksym|__kconfig|bpf_printk)$/,
    'bpf/bpf_helpers.h',
  ],
  [
    /^bpf_(?:map_(?:lookup|update|delete)_elem|get_\w+|probe_read\w*|ktime_get_ns|ringbuf_\w+|perf_event_output|redirect\w*|sk_\w+|skb_\w+|xdp_\w+|trace_printk|tail_call|loop|msg_\w+|sock_\w+)$/,
    'bpf/bpf_helpers.h',
  ],
];
/** Headers of the kernel's interface: not beside vmlinux.h, which defines the same anew. */
const KERNEL: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:XDP_\w+|SK_(?:PASS|DROP)|BPF_(?:ANY|NOEXIST|EXIST|MAP_TYPE_\w+|F_\w+|SOCK_OPS_\w+))$/,
    'linux/bpf.h',
  ],
  [/^__(?:[us](?:8|16|32|64)|be16|be32|be64|wsum)$/, 'linux/bpf.h'],
  [/^(?:xdp_md|__sk_buff|bpf_sock_ops|sk_msg_md|bpf_sock|bpf_sock_tuple)$/, 'linux/bpf.h'],
  [/^(?:ethhdr|ETH_\w+)$/, 'linux/if_ether.h'],
  [/^iphdr$/, 'linux/ip.h'],
  [/^ipv6hdr$/, 'linux/ipv6.h'],
  [/^tcphdr$/, 'linux/tcp.h'],
  [/^udphdr$/, 'linux/udp.h'],
  [/^icmphdr$/, 'linux/icmp.h'],
  [/^IPPROTO_\w+$/, 'linux/in.h'],
  [/^TC_ACT_\w+$/, 'linux/pkt_cls.h'],
];
/** Macros that vmlinux.h cannot have. */
const VALUES: ReadonlyMap<string, string> = new Map([
  ['ETH_P_IP', '0x0800'],
  ['ETH_P_IPV6', '0x86DD'],
  ['ETH_P_ARP', '0x0806'],
  ['TC_ACT_UNSPEC', '(-1)'],
  ['TC_ACT_OK', '0'],
  ['TC_ACT_SHOT', '2'],
  ['TC_ACT_REDIRECT', '7'],
  ['AF_INET', '2'],
  ['AF_INET6', '10'],
]);

const KERNEL_TYPES = /^\s*#\s*include\s*["<](?:[^">]*\/)?vmlinux\.h[">]/m;
const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)[">].*$/gm;
const UNKNOWN =
  /(?:use of undeclared identifier|implicit declaration of function|call to undeclared function|unknown type name|incomplete definition of type|incomplete type|to incomplete type) '(?:struct )?(\w+)'/;

/** The `#include`, or the `#define`, that what clang does not know is missing. */
export function declareUnknown(
  code: Code,
  words: string,
  texts: () => readonly string[],
): QuickFix | undefined {
  const name = UNKNOWN.exec(words)?.[1];
  if (name === undefined) return undefined;
  const of = (table: readonly (readonly [RegExp, string])[]): string | undefined =>
    table.find(([pattern]) => pattern.test(name))?.[1];
  const hasTypes = texts().some((text) => KERNEL_TYPES.test(text));
  const header = of(LIBBPF) ?? (hasTypes ? undefined : of(KERNEL));
  const value = hasTypes ? VALUES.get(name) : undefined;
  const isThere = texts().some((text) => header !== undefined && text.includes(`<${header}>`));
  if (isThere || (header === undefined && value === undefined)) return undefined;
  const added = header === undefined ? `#define ${name} ${value ?? ''}` : `#include <${header}>`;
  const includes = Array.from(code.text.matchAll(INCLUDE));
  // libbpf's headers use the kernel's types.
  const isFirst = header?.startsWith('linux/') === true;
  const near = isFirst ? includes[0] : includes.at(-1);
  const title = l10n.t('Insert: {0}', added);
  if (near === undefined) return undefined;
  const at = isFirst ? near.index : near.index + near[0].length + 1;
  return { title, edits: [code.edit(at, at, `${added}\n`)] };
}
