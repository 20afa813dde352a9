import * as l10n from '@vscode/l10n';
import type { Code, QuickFix } from './code.ts';
import { giveUp } from './giveUp.ts';
import { holdsAnything, namesIn, variableAt, type Variable } from './variables.ts';

/** Names that a statement looks behind, or passes on. */
const USED =
  /(?<![.>\w])(\w+)\s*(?:->|\[)|[(,=&!;{}?:]\s*\*+\s*(\w+)\b|^\*+\s*(\w+)|[(,]\s*(\w+)\s*(?=[,)])/g;

/**
 * A comparison with NULL before the statement that needs one: of pointers that were set to what a call returned, and
 * were not looked at since.
 */
export function compareWithNull(code: Code, line: number, column: number): QuickFix | undefined {
  const inside = code.functionAt(line);
  if (inside === undefined) return undefined;
  const statement = code.statementAt(code.lineStart(line) + column, inside);
  const end = giveUp(inside);
  if (statement === undefined || end === undefined) return undefined;
  const { text } = statement;
  const used = namesIn(text.replace(/\breturn\b/g, ';     '), USED);
  const wanted = used.flatMap((name) => {
    const variable = variableAt(name, code, inside, statement);
    if (!variable.isPointer || variable.from === undefined) return [];
    const isTested = new RegExp(
      `!\\s*${name}\\b|\\b${name}\\s*(?:[!=]=|&&|\\|\\||\\?)|(?:if|while)\\s*\\(\\s*${name}\\s*\\)|&&\\s*${name}\\s*[&)|]`,
    );
    return isTested.test(`${variable.since}${text}`) ? [] : [variable];
  });
  const earliest = firstUse(wanted, code, statement.start);
  const place = earliest === undefined ? statement : code.statementAt(earliest, inside);
  if (place === undefined) return undefined;
  const before = code.code.slice(inside.start, place.start);
  const sources = wanted.map(({ from }) => from);
  if (wanted.length === 0 || holdsAnything(before, sources.length > 1 ? [] : sources)) {
    return undefined;
  }
  const test = wanted.map(({ name }) => `!${name}`).join(' || ');
  return {
    title: l10n.t('Insert: {0}', `if (${test}) ${end}`),
    edits: [code.insertBefore(place, [`if (${test})`, `\t${end}`], inside)],
  };
}

/**
 * Where one of the variables is looked behind already, since they all were set, and nothing of a block that has ended: the
 * compiler may have put the statement that is rejected before that.
 */
function firstUse(wanted: readonly Variable[], code: Code, end: number): number | undefined {
  const start = end - Math.min(...wanted.map(({ since }) => since.length));
  const uses = code.code.slice(start, end).matchAll(/(?<![.>\w])(\w+)\s*(?:->|\[)/g);
  for (const { 1: name, index } of uses) {
    const at = start + index;
    if (!wanted.some((one) => one.name === name)) continue;
    let depth = 0;
    const isEnded = Array.from(code.code.slice(at, end)).some((one) => {
      depth += one === '{' ? 1 : one === '}' ? -1 : 0;
      return depth < 0;
    });
    if (!isEnded) return at;
  }
  return undefined;
}
