import * as l10n from '@vscode/l10n';
import type { CFunction, Code, QuickFix, Statement } from './code.ts';
import { giveUp } from './giveUp.ts';
import { holdsAnything, variableAt, type Variable } from './variables.ts';

interface Element {
  readonly array: string;
  readonly index: string;
  /** Where the index begins in the statement. */
  readonly at: number;
  readonly length: Length;
}

interface Length {
  /** As the declaration has it: a number or a macro. */
  readonly text: string;
  readonly value: number;
}

const SUBSCRIPT = /((?:\w+\s*(?:->|\.)\s*)*(\w+))\s*\[\s*([A-Za-z_]\w*)\s*\]/g;

/** Ways to bound an index that may lie outside of its array: a correct comparison, a new one, or a mask. */
export function boundIndex(
  code: Code,
  line: number,
  column: number,
  texts: readonly string[],
): QuickFix[] {
  const inside = code.functionAt(line);
  if (inside === undefined) return [];
  const statement = code.statementAt(code.lineStart(line) + column, inside);
  if (statement === undefined) return [];
  const element = elementOf(statement, inside, code, texts);
  if (element === undefined) return [];
  const variable = variableAt(element.index, code, inside, statement);
  if (variable.isPointer) return [];
  const before = code.code.slice(inside.start, statement.start);
  const compared = Array.from(
    before.matchAll(new RegExp(`(?<![.>\\w])${element.index}\\s*[<>]=?\\s*(\\w+)`, 'g')),
  );
  const isCompared = new RegExp(`[<>]=?\\s*${element.index}\\b`).test(
    before.replaceAll('->', '  '),
  );
  if (compared.length > 0 || isCompared) {
    const [only] = compared;
    if (compared.length > 1 || isCompared || only === undefined) return [];
    const corrected = correct(only, code, inside, element, variable);
    return corrected === undefined ? [] : [corrected];
  }
  return [...check(code, inside, statement, element, variable), ...mask(code, statement, element)];
}

/** The comparison that there is, which is off by one or forgets that the index may be negative. */
function correct(
  { 0: whole, 1: bound = '', index: at }: RegExpExecArray,
  code: Code,
  inside: CFunction,
  { index, length }: Element,
  { isUnsigned }: Variable,
): QuickFix | undefined {
  const start = inside.start + at;
  const isLength = bound === length.text || Number(bound) === length.value;
  const condition = code.code.slice(code.code.lastIndexOf('if', start), start);
  const isLeft = /^if\s*\([^;{}]*$/.test(condition) && !condition.includes('&&');
  if (!isLength || !isLeft || whole.includes('\n')) return undefined;
  const operator = /[<>]=?/.exec(whole)?.[0];
  const better =
    operator === '>' && isUnsigned
      ? `${index} >= ${bound}`
      : !isUnsigned && operator === '>='
        ? `${index} < 0 || ${whole}`
        : undefined;
  if (better === undefined) return undefined;
  return {
    title: l10n.t('Change {0} to {1}', whole, better),
    edits: [code.edit(start, start + whole.length, better)],
  };
}

function check(
  code: Code,
  inside: CFunction,
  statement: Statement,
  { index, length }: Element,
  { isUnsigned }: Variable,
): QuickFix[] {
  const end = giveUp(inside);
  if (end === undefined || holdsAnything(code.code.slice(inside.start, statement.start))) return [];
  const test = `${isUnsigned ? '' : `${index} < 0 || `}${index} >= ${length.text}`;
  return [
    {
      title: l10n.t('Insert: {0}', `if (${test}) ${end}`),
      edits: [code.insertBefore(statement, [`if (${test})`, `\t${end}`], inside)],
    },
  ];
}

function mask(code: Code, { start }: Statement, { index, at, length }: Element): QuickFix[] {
  const { text, value } = length;
  if (value < 2 || (value & (value - 1)) !== 0) return [];
  const bits = Number.isInteger(Number(text)) ? String(value - 1) : `(${text} - 1)`;
  const end = start + at + index.length;
  return [
    {
      title: l10n.t('Mask the index: {0}', `${index} & ${bits}`),
      edits: [code.edit(end, end, ` & ${bits}`)],
    },
  ];
}

/** The one element with a variable index in a statement. */
function elementOf(
  { text, start }: Statement,
  inside: CFunction,
  code: Code,
  texts: readonly string[],
): Element | undefined {
  const [only, ...others] = Array.from(text.matchAll(SUBSCRIPT));
  if (only === undefined || others.length > 0) return undefined;
  const [whole, array = '', name = '', index = ''] = only;
  const at = only.index + whole.lastIndexOf(index);
  if (array === name) {
    const local = code.code.slice(inside.start, start);
    const here = lengthOf(name, [local], texts) ?? lengthOf(name, texts, texts);
    return here === undefined ? undefined : { array, index, at, length: here };
  }
  const length = lengthOf(name, texts, texts);
  return length === undefined ? undefined : { array, index, at, length };
}

/** The length of arrays of a name, where all that are declared have the same. */
function lengthOf(
  name: string,
  places: readonly string[],
  texts: readonly string[],
): Length | undefined {
  const declared = new RegExp(`[\\w*]\\s+\\**${name}\\s*\\[\\s*(\\w+)\\s*\\]\\s*[;=,{]`, 'g');
  const found = new Set(
    places.flatMap((text) => Array.from(text.matchAll(declared), ([, length = '']) => length)),
  );
  const [text, ...others] = found;
  if (text === undefined || others.length > 0) return undefined;
  const macro = new RegExp(
    `^[ \\t]*#[ \\t]*define[ \\t]+${text}[ \\t]+\\(?(\\d{1,9}|0x[\\da-fA-F]{1,8})\\)?[ \\t]*$`,
    'm',
  );
  const literal = /^\d/.test(text) ? text : texts.map((one) => macro.exec(one)?.[1]).find(Boolean);
  const value = Number(literal ?? Number.NaN);
  return Number.isInteger(value) && value > 0 ? { text, value } : undefined;
}
