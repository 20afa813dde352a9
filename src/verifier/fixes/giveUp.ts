import type { CFunction } from './code.ts';

/** The verdict that leaves things as they are without the program, by the beginning of its section. */
const UNCHANGED: readonly (readonly [RegExp, string])[] = [
  [/^xdp(?:$|[./_])/, 'XDP_PASS'],
  [/^(?:tc|tcx|classifier|action|lwt_\w+|flow_dissector)(?:$|[/_])/, '0'],
  [/^sk_(?:msg|lookup|reuseport)(?:$|\/)|^sk_skb\/\w*verdict/, 'SK_PASS'],
  [/^(?:cgroup(?:_skb)?\/|lsm_cgroup\/|sockops$)/, '1'],
  [
    /^(?:lsm|fentry|fexit|fmod_ret|k(?:ret)?probe|u(?:ret)?probe|k(?:ret)?syscall|usdt|tp|tracepoint|raw_tp|raw_tracepoint|tp_btf|iter)(?:$|[./])|^(?:perf_event|syscall)$/,
    '0',
  ],
];

/**
 * The statement that ends a function where it cannot go on.
 * @returns undefined where its caller, or user space, gives the numbers that it returns their meaning.
 */
export function giveUp({ head, section }: CFunction): string | undefined {
  const code = head.replace(/\bSEC\([^()]*\)|__attribute__\s*\(\([^)]*\)\)/g, ' ');
  const declared = code.slice(0, code.indexOf('('));
  if (/\bvoid\s+\w+\s*$/.test(declared)) return 'return;';
  if (/\*\s*\w+\s*$/.test(declared)) return 'return 0;';
  const plain = section?.replace(/^\?/, '');
  const verdict = UNCHANGED.find(([pattern]) => pattern.test(plain ?? ''))?.[1];
  return verdict === undefined ? undefined : `return ${verdict};`;
}
