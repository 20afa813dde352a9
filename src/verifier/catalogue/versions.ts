import * as l10n from '@vscode/l10n';
/** The version that brought each, by the name sources use. */
interface Since {
  readonly pattern: RegExp;
  readonly libbpf?: string;
  readonly kernel?: string;
}

/** Sections, macros and types (libbpf's release notes; Linux). */
const SINCE: readonly Since[] = [
  { pattern: /^BPF_MAP_TYPE_ARENA$/, kernel: '6.9' },
  { pattern: /^BPF_MAP_TYPE_CGRP_STORAGE$/, kernel: '6.2' },
  { pattern: /^BPF_MAP_TYPE_USER_RINGBUF$/, kernel: '6.1' },
  { pattern: /^BPF_MAP_TYPE_BLOOM_FILTER$/, kernel: '5.16' },
  { pattern: /^tcx\//, libbpf: '1.3', kernel: '6.6' },
  { pattern: /^netkit\//, libbpf: '1.3', kernel: '6.7' },
  { pattern: /^netfilter$/, libbpf: '1.3', kernel: '6.4' },
  { pattern: /^u(?:ret)?probe\.multi(?:\.s)?(?:\/|$)/, libbpf: '1.3', kernel: '6.6' },
  { pattern: /^usdt\.s(?:\/|$)/, libbpf: '1.3' },
  {
    pattern: /^cgroup\/(?:connect|sendmsg|recvmsg|getpeername|getsockname)_unix$/,
    libbpf: '1.3',
    kernel: '6.7',
  },
  { pattern: /^kprobe\.session(?:\/|$)/, libbpf: '1.5', kernel: '6.10' },
  { pattern: /^uprobe\.session(?:\/|$)/, libbpf: '1.6', kernel: '6.13' },
  { pattern: /^(?:\?\.)?\.?struct_ops\.link$/, libbpf: '1.2', kernel: '6.4' },
  { pattern: /^struct_ops\.s(?:\/|$)/, libbpf: '1.2' },
  { pattern: /^lsm_cgroup\//, libbpf: '1.0', kernel: '6.0' },
  { pattern: /^k(?:ret)?probe\.multi(?:\/|$)/, libbpf: '0.8', kernel: '5.18' },
  { pattern: /^(?:ksyscall|kretsyscall)\//, libbpf: '1.0' },
  { pattern: /^BPF_U(?:RET)?PROBE$/, libbpf: '1.2' },
  { pattern: /^bpf_(?:for|for_each|repeat)$/, libbpf: '1.2', kernel: '6.4' },
  { pattern: /^bpf_ksym_exists$/, libbpf: '1.2' },
  { pattern: /^__kptr_untrusted$/, libbpf: '1.2' },
  { pattern: /^__percpu_kptr$/, libbpf: '1.3', kernel: '6.6' },
  { pattern: /^__uptr$/, libbpf: '1.5', kernel: '6.13' },
  { pattern: /^__arg_untrusted$/, libbpf: '1.6', kernel: '6.17' },
  { pattern: /^bpf_stream_printk$/, libbpf: '1.6', kernel: '6.17' },
  { pattern: /^BPF_PROG2$/, libbpf: '1.1' },
  { pattern: /^bpf_core_type_matches$/, libbpf: '1.0' },
  { pattern: /^BPF_KSYSCALL$/, libbpf: '1.0' },
  { pattern: /^bpf_core_cast$/, libbpf: '1.4', kernel: '6.4' },
  { pattern: /^__arg_(?:ctx|nonnull|nullable|trusted|arena)$/, libbpf: '1.4', kernel: '6.8' },
  { pattern: /^bpf_arena_(?:alloc|free)_pages$/, kernel: '6.9' },
];

/** "BPF_UPROBE came with libbpf 1.2.": undefined where it is not known as new. */
export function versionsOf(name: string): string | undefined {
  const found = SINCE.find(({ pattern }) => pattern.test(name));
  if (found === undefined) return undefined;
  const { libbpf, kernel } = found;
  if (libbpf === undefined) return l10n.t('{0} came with Linux {1}.', name, kernel ?? '');
  return kernel === undefined
    ? l10n.t('{0} came with libbpf {1}.', name, libbpf)
    : l10n.t('{0} came with libbpf {1}, and works on Linux {2} and newer.', name, libbpf, kernel);
}
