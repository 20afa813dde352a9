import { createHash } from 'node:crypto';
import type { BpfSource } from './build.ts';

/** Comments, which decide nothing. Quotes hold none in BPF C but in strings, which stay as they are. */
const COMMENTS = /"(?:[^"\\\n]|\\.)*"|\/\*[^]*?\*\/|\/\/[^\n]*/g;

/**
 * Words that the kernel acts upon: kinds of programs and maps, helpers, flags, the callbacks of sock_ops
 * and the verdicts on messages.
 */
const WORDS =
  /SEC\("[^"\n]*"\)|\bBPF_(?:MAP_TYPE|F|SOCK_OPS|SK_STORAGE|ANY|NOEXIST|EXIST)\w*|\bbpf_\w+(?=\s*\()|\bSK_(?:PASS|DROP)\b|\b__sk_buff\b|\bsk_msg_md\b/g;

/**
 * A digest of what in the programs decides how sockets in their map behave: which are put there and when,
 * and by which kinds of programs they are served there. Limits, counters, names and comments do not.
 */
export function mapBehaviour({ files, entry, defines = {} }: BpfSource): string {
  const { MAX_SOCKETS: _size, ...macros } = defines;
  const words = Array.from(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => {
      const text = new TextDecoder()
        .decode(content)
        .replace(COMMENTS, (found) => (found.startsWith('"') ? found : ' '));
      return [name === entry, ...(text.match(WORDS) ?? [])];
    });
  return createHash('sha256')
    .update(JSON.stringify([words, Object.entries(macros).sort()]))
    .digest('hex')
    .slice(0, 16);
}
