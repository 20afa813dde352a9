import * as l10n from '@vscode/l10n';
import type { Code, QuickFix } from './code.ts';
import { giveUp } from './giveUp.ts';
import { holdsAnything, variableAt } from './variables.ts';

/** Bounds the size that is passed to a function behind an array on the stack. */
export function boundSize(code: Code, line: number, column: number): QuickFix | undefined {
  const inside = code.functionAt(line);
  if (inside === undefined) return undefined;
  const statement = code.statementAt(code.lineStart(line) + column, inside);
  if (statement === undefined) return undefined;
  const before = code.code.slice(inside.start, statement.start);
  const [pair, ...others] = Array.from(
    statement.text.matchAll(/[(,]\s*&?(\w+)\s*,\s*(\w+)\s*(?=[,)])/g),
  ).filter(([, array = '']) =>
    new RegExp(`\\w\\s+${array}\\s*\\[[^\\]]*\\]\\s*[;=,]`).test(before),
  );
  if (pair === undefined || others.length > 0) return undefined;
  const [whole, array = '', size = ''] = pair;
  const right = `sizeof(${array})`;
  if (size === '0') {
    const at = statement.start + pair.index + whole.lastIndexOf('0');
    return { title: l10n.t('Pass {0}', right), edits: [code.edit(at, at + 1, right)] };
  }
  const variable = variableAt(size, code, inside, statement);
  const isCompared = new RegExp(`\\b${size}\\s*[<>]|[<>]=?\\s*${size}\\b`).test(before);
  const isConstant = new RegExp(`\\bconst\\s[\\w ]*\\b${size}\\b`).test(before);
  if (!variable.isUnsigned || isCompared || isConstant) return undefined;
  const isLong = new RegExp(`\\b(?:unsigned long|_*u64|size_t)(?: long)? ${size}\\b`).test(before);
  // Where it is shorter, compilers compare a copy of it: the verifier learns nothing of what is passed.
  const then = isLong ? `${size} = ${right};` : giveUp(inside);
  if (then === undefined || (!isLong && holdsAnything(before))) return undefined;
  return {
    title: l10n.t('Insert: {0}', `if (${size} > ${right}) ${then}`),
    edits: [code.insertBefore(statement, [`if (${size} > ${right})`, `\t${then}`], inside)],
  };
}
