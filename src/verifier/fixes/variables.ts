import type { Code, CFunction, Statement } from './code.ts';

/** A variable in a function before a statement. Read from the text: nothing is compiled. */
export interface Variable {
  readonly name: string;
  readonly isPointer: boolean;
  readonly isUnsigned: boolean;
  /** The function whose result it was set to last. */
  readonly from: string | undefined;
  /** Between there and the statement. */
  readonly since: string;
}

const UNSIGNED = String.raw`\b(?:unsigned(?: int| long| char| short)*|_*u(?:8|16|32|64)|size_t|uint\d+_t|bool)\s+(?:\w+(?:\s*=[^,;]*)?,\s*)*`;

/** A local variable or a parameter of a function, as it is at a statement. */
export function variableAt(
  name: string,
  code: Code,
  inside: CFunction,
  { start }: Pick<Statement, 'start'>,
): Variable {
  const before = code.code.slice(inside.start, start);
  const scope = inside.head + before;
  const sets = Array.from(before.matchAll(new RegExp(`(?<![.>\\w])${name}\\s*=(?!=)`, 'g')));
  const last = sets.at(-1);
  const value = before.slice(last === undefined ? before.length : last.index + last[0].length);
  const called = /^\s*(?:\([\w\s*]+\)\s*)?(\w+)\s*\(/.exec(value)?.[1];
  const isDeclared = (type: string): boolean => new RegExp(`${type}${name}\\s*[=;,)]`).test(scope);
  return {
    name,
    isPointer: isDeclared(String.raw`[\w*,]\s*\*\s*`),
    isUnsigned: isDeclared(UNSIGNED),
    from: called,
    since: value,
  };
}

/** The groups of a pattern in an expression, each once. */
export const namesIn = (text: string, pattern: RegExp): string[] =>
  Array.from(
    new Set(
      Array.from(text.matchAll(pattern), (match) =>
        match.slice(1).find((name?: string) => name !== undefined),
      ).filter((name) => name !== undefined),
    ),
  );

/** Resources to give back before a function ends, or ends a section of code. */
const HELD =
  /\b(?:bpf_ringbuf_reserve\w*|bpf_sk_lookup_\w+|bpf_skc_lookup_tcp|bpf_spin_lock|bpf_res_spin_lock\w*|bpf_obj_new|bpf_percpu_obj_new|bpf_kptr_xchg|bpf_rcu_read_lock|bpf_preempt_disable|bpf_local_irq_save|bpf_\w+_(?:acquire|from_pid|from_id|create|ancestor)|bpf_iter_\w+_new)\s*\(/g;

/** Whether a function may hold something at a place, beside what `own` variables got just now. */
export function holdsAnything(before: string, own: readonly (string | undefined)[] = []): boolean {
  const held = Array.from(before.matchAll(HELD), ([call]) => call.replace(/\s*\($/, ''));
  for (const name of own) {
    const at = name === undefined ? -1 : held.lastIndexOf(name);
    if (at >= 0) held.splice(at, 1);
  }
  return held.length > 0;
}
