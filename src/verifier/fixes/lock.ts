import * as l10n from '@vscode/l10n';
import { closing, type Code, type QuickFix } from './code.ts';

/** Releases a lock before each `return` behind the one place that takes one, where nothing does. */
export function unlock(code: Code, line: number): QuickFix | undefined {
  const inside = code.functionAt(line);
  if (inside === undefined) return undefined;
  const body = code.code.slice(inside.start, inside.end);
  const [taken, ...others] = Array.from(body.matchAll(/\bbpf_spin_lock\s*\(/g));
  if (taken === undefined || others.length > 0 || body.includes('bpf_spin_unlock'))
    return undefined;
  const open = inside.start + taken.index + taken[0].length - 1;
  const lock = code.code.slice(open + 1, closing(code.code, open));
  const returns = Array.from(body.matchAll(/\breturn\b[^;]*;/g)).filter(
    ({ index }) => index > taken.index,
  );
  // The returned value is read without the lock then.
  const edits = returns.map(({ 0: text, index }) => {
    const statement = code.statementAt(inside.start + index, inside);
    return statement === undefined || !/^return\s+-?\w+\s*;$|^return\s*;$/.test(text)
      ? undefined
      : code.insertBefore(statement, [`bpf_spin_unlock(${lock});`], inside);
  });
  const known = edits.filter((one) => one !== undefined);
  if (known.length === 0 || known.length < edits.length || /[\n;]/.test(lock)) return undefined;
  return {
    title: l10n.t('Insert before each return: {0}', `bpf_spin_unlock(${lock});`),
    edits: known,
  };
}
