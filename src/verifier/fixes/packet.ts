import * as l10n from '@vscode/l10n';
import type { CFunction, Code, QuickFix, Statement } from './code.ts';
import { giveUp } from './giveUp.ts';
import { holdsAnything, namesIn } from './variables.ts';

const FROM_CONTEXT = String.raw`\(\s*(?:void|char|unsigned char|_*u8)\s*\*\s*\)\s*\(\s*(?:unsigned )?long\s*\)\s*(\w+)->`;

/** A comparison with the packet's end before a statement that reads it, where there is none yet. */
export function compareWithEnd(code: Code, line: number, column: number): QuickFix | undefined {
  const inside = code.functionAt(line);
  if (inside === undefined) return undefined;
  const statement = code.statementAt(code.lineStart(line) + column, inside);
  const verdict = giveUp(inside);
  if (statement === undefined || verdict === undefined) return undefined;
  const before = code.code.slice(inside.start, statement.start);
  const end = endOf(inside, before);
  const needed = neededBy(statement, inside);
  if (end === undefined || needed === undefined || holdsAnything(before)) return undefined;
  // A comparison that is there already is the one to correct.
  const isCompared = new RegExp(`\\b${needed.name}\\b[^;{}]*[<>]|[<>][^;{}]*\\b${needed.name}\\b`);
  if (isCompared.test(before.replaceAll('->', '  '))) return undefined;
  const test = `(void *)(${needed.past}) > ${end}`;
  return {
    title: l10n.t('Insert: {0}', `if (${test}) ${verdict}`),
    edits: [code.insertBefore(statement, [`if (${test})`, `\t${verdict}`], inside)],
  };
}

/** The packet's end as the function has it. */
function endOf({ head }: CFunction, before: string): string | undefined {
  const known = new RegExp(String.raw`\b(\w+)\s*=\s*${FROM_CONTEXT}data_end\b`).exec(before)?.[1];
  if (known !== undefined) return known;
  const given = /\b(?:void|char)\s*\*\s*(data_end|end)\s*[,)]/.exec(head)?.[1];
  if (given !== undefined) return given;
  const context = new RegExp(String.raw`${FROM_CONTEXT}data\b`).exec(before)?.[1];
  return context === undefined ? undefined : `(void *)(long)${context}->data_end`;
}

/** The one pointer that a statement reads behind, and the first byte after what it reads. */
function neededBy(
  { text }: Statement,
  { head }: CFunction,
): { name: string; past: string } | undefined {
  const parameters = head.slice(head.lastIndexOf('('));
  const isContext = (name: string): boolean =>
    new RegExp(`\\b(?:xdp_md|__sk_buff)\\s*\\*\\s*${name}\\b`).test(parameters);
  const fields = namesIn(text, /(?<![.>\w])(\w+)\s*->/g).filter((name) => !isContext(name));
  const cast = Array.from(
    text.matchAll(/\*\s*\(\s*((?:\w+ )*\w+)\s*\*\s*\)\s*(\w+)\b(?!\s*(?:->|\[|\())/g),
  );
  const plain = namesIn(text.replace(/\breturn\b/g, ';'), /[(,=&!;{}?:]\s*\*\s*(\w+)\b(?!\s*->)/g);
  const elements = Array.from(text.matchAll(/(?<![.>\w])(\w+)\s*\[\s*(\w+)\s*\]/g));
  const indexes = elements.map(([, , index = '']) => Number(index));
  const [element] = elements;
  const names = new Set([
    ...fields,
    ...cast.map(([, , name = '']) => name),
    ...plain,
    ...elements.map(([, name = '']) => name),
  ]);
  const [name] = names;
  const kinds = [fields, cast, plain, elements].filter((each) => each.length > 0);
  if (name === undefined || names.size > 1 || kinds.length > 1) return undefined;
  if (element !== undefined) {
    const most = Math.max(...indexes);
    return Number.isInteger(most) ? { name, past: `${name} + ${most + 1}` } : undefined;
  }
  const [, type] = cast.length === 1 ? (cast[0] ?? []) : [];
  if (cast.length > 0 && type === undefined) return undefined;
  return { name, past: type === undefined ? `${name} + 1` : `(${type} *)${name} + 1` };
}
