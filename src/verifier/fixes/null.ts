import * as l10n from '@vscode/l10n';
import type { Code, QuickFix } from './code.ts';
import { giveUp } from './giveUp.ts';
import { holdsAnything, namesIn, variableAt } from './variables.ts';

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
  const before = code.code.slice(inside.start, statement.start);
  const sources = wanted.map(({ from }) => from);
  if (wanted.length === 0 || holdsAnything(before, sources.length > 1 ? [] : sources)) {
    return undefined;
  }
  const test = wanted.map(({ name }) => `!${name}`).join(' || ');
  return {
    title: l10n.t('Insert: {0}', `if (${test}) ${end}`),
    edits: [code.insertBefore(statement, [`if (${test})`, `\t${end}`], inside)],
  };
}
