import * as l10n from '@vscode/l10n';
import type { Code, QuickFix } from './code.ts';

/** Sections that are whole by themselves, of every libbpf from 0.8 on. */
const WHOLE = [
  'xdp',
  'xdp.frags',
  'xdp/devmap',
  'xdp/cpumap',
  'tc',
  'classifier',
  'action',
  'socket',
  'sockops',
  'sk_msg',
  'sk_skb',
  'sk_skb/stream_parser',
  'sk_skb/stream_verdict',
  'sk_lookup',
  'sk_reuseport',
  'flow_dissector',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'perf_event',
  'syscall',
  'cgroup_skb/ingress',
  'cgroup_skb/egress',
  'cgroup/skb',
  'cgroup/sock',
  'cgroup/dev',
  'cgroup/sock_create',
  'cgroup/sock_release',
  'cgroup/sysctl',
  'cgroup/getsockopt',
  'cgroup/setsockopt',
  ...['bind', 'connect', 'sendmsg', 'recvmsg', 'getpeername', 'getsockname', 'post_bind']
    .flatMap((name) => [`cgroup/${name}4`, `cgroup/${name}6`])
    .filter((name) => !/post_bind[^46]/.test(name)),
];

/** Those before the slash, with something to attach to behind it. */
const PREFIXES = [
  'kprobe',
  'kretprobe',
  'uprobe',
  'uretprobe',
  'tp',
  'tracepoint',
  'raw_tp',
  'raw_tracepoint',
  'fentry',
  'fexit',
  'fmod_ret',
  'lsm',
  'iter',
  'tp_btf',
  'usdt',
  'ksyscall',
  'kretsyscall',
];

/** Names that old libbpf, or another program's loader, used. */
const FORMER: readonly (readonly [RegExp, string])[] = [
  [/^tcx\/(?:ingress|egress)$/, 'tc'],
  [/^sock_?ops$|^socket_ops$|^sk_ops$/, 'sockops'],
  [/^sockmsg$|^sock_msg$/, 'sk_msg'],
  [/^socket_?filter$/, 'socket'],
  [/^(?:cgroup_skb_|cgroup\/skb_|skb\/)(ingress|egress)$/, 'cgroup_skb/$1'],
];
/** Their names had anything behind them once. */
const LOOSE =
  /^(xdp|tc|classifier|action|socket|sockops|sk_msg|sk_lookup|flow_dissector)[\W_\d]\w*$/;

/** A section's name that libbpf knows, in the place of one that it does not. */
export const nameSection = (code: Code, line: number): QuickFix | undefined =>
  changeSection(code, line, sectionFor);

/** The section whose programs may sleep, for what is called. */
export const maySleep = (code: Code, line: number): QuickFix | undefined => {
  const inside = code.functionAt(line);
  return inside?.section === undefined
    ? undefined
    : changeSection(code, code.lineOf(inside.start), sleepable);
};

const sleepable = (name: string): string | undefined =>
  /^\??(?:uprobe|uretprobe|iter)(?:$|\/)/.test(name)
    ? name.replace(/^(\??\w+)/, '$1.s')
    : undefined;

function changeSection(
  code: Code,
  line: number,
  change: (name: string) => string | undefined,
): QuickFix | undefined {
  const found = code.sections(0, code.lineStart(line + 1)).at(-1);
  if (found === undefined) return undefined;
  const { name, at } = found;
  // Between it and the program's name is nothing else.
  const between = code.code.slice(at + name.length, code.lineStart(line));
  const better = change(name);
  if (/[;{}]/.test(between) || better === undefined) return undefined;
  return {
    title: l10n.t('Change the section to {0}', `SEC("${better}")`),
    edits: [code.edit(at, at + name.length, better)],
  };
}

/** The name that was meant; undefined where it could be several, or none. */
export function sectionFor(name: string): string | undefined {
  const [, optional = '', plain = ''] = /^(\??)(.{0,100})$/.exec(name) ?? [];
  const known = knownFor(plain);
  return known === undefined || known === plain ? undefined : `${optional}${known}`;
}

function knownFor(name: string): string | undefined {
  for (const [pattern, now] of FORMER) if (pattern.test(name)) return name.replace(pattern, now);
  const near = nearest(name, WHOLE);
  if (near !== undefined) return near;
  const slash = name.indexOf('/');
  const prefix = slash < 0 ? undefined : nearest(name.slice(0, slash), PREFIXES);
  if (prefix !== undefined) return `${prefix}${name.slice(slash)}`;
  return LOOSE.exec(name)?.[1];
}

/** The only one that one slip makes of it, or two where it is long. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  for (const most of [0, 1, ...(name.length >= 6 ? [2] : [])]) {
    const found = known.filter((one) => slips(lower, one, most) <= most);
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

/** Characters that were left out, put in, taken for another, or swapped with their neighbour. */
function slips(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let twoBefore: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (before[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (before[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (twoBefore[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    twoBefore = before;
    before = row;
  }
  return before[b.length] ?? most + 1;
}
