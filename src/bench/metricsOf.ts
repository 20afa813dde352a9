import { visit } from 'jsonc-parser';
import type { Metric } from '../results/workloadSchema.ts';
import { cellsOf, type Cell } from './metric.ts';

/** A number of a client's output that can be a workload's metric. */
export interface Candidate {
  /** Offsets in the output: of its first character, and behind its last. */
  readonly at: readonly [start: number, end: number];
  /** Where it is in the output of another run. */
  readonly metric: Metric;
  readonly value: number;
  /** As far as its neighbours say, else "". */
  readonly unit: string;
  readonly higherIsBetter: boolean;
}

/** Numbers before these are not looked at: tools sum up in the end. */
const MOST = 500;
const MOST_TEXT = 64 * 1024;
const LONGEST_LINE = 500;
/** Length of a path or pattern, as a plan takes it. */
const LONGEST_WAY = 1000;
const LONGEST_COLUMN = 200;
const LONGEST_NAME = 40;

/**
 * The numbers in what a client has printed, which is hostile, each with a way to read it that gives it again: of JSON
 * its path, of CSV its column, of other text a pattern, which fits other numbers in its line, too.
 * @returns in the order of the output.
 */
export function metricsOf(output: string): Candidate[] {
  const json = parsed(output);
  const found = json === undefined ? [...inCsv(output), ...inText(output)] : inJson(output, json);
  const first = new Map<number, Candidate>();
  for (const one of found) if (!first.has(one.at[0])) first.set(one.at[0], one);
  return [...first.values()].sort((a, b) => a.at[0] - b.at[0]);
}

function parsed(text: string): object | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

function inJson(output: string, json: object): Candidate[] {
  const places: { value: unknown; at: Candidate['at']; path: readonly (string | number)[] }[] = [];
  visit(output, {
    onLiteralValue: (value: unknown, offset, length, _line, _column, path) => {
      if (typeof value === 'number' || typeof value === 'string')
        places.push({ value, at: [offset, offset + length], path: path() });
    },
  });
  return places.slice(-MOST).flatMap(({ value, at, path }) => {
    // The last of two values with the same key counts.
    if (valueAt(json, path) !== value) return [];
    const names = path.filter((one) => typeof one === 'string');
    const way = { jsonPath: `$${path.map(segment).join('')}` };
    return candidate(value, at, way, names.slice(-2).join(' '));
  });
}

const valueAt = (json: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string | number, unknown>)[key]
        : undefined,
    json,
  );

/** One step of a JSONPath (RFC 9535). */
const segment = (key: string | number): string =>
  typeof key === 'number'
    ? `[${key}]`
    : /^[A-Za-z_]\w*$/.test(key)
      ? `.${key}`
      : `[${JSON.stringify(key)}]`;

/** Those of the last row below the first line that looks like a header. */
function inCsv(output: string): Candidate[] {
  if (output.length > MOST_TEXT) return [];
  const lines = linesOf(output).map((line) => ({ ...line, cells: cellsOf(line.text) }));
  const isHeader = (cells: readonly Cell[]) =>
    new Set(cells.map(({ text }) => text)).size === cells.length &&
    cells.every(({ text }) => /[A-Za-z]/.test(text));
  const head = lines.findIndex(
    ({ cells }, index) =>
      cells.length > 1 && cells.length === lines[index + 1]?.cells.length && isHeader(cells),
  );
  const names = lines[head]?.cells ?? [];
  const row = lines.slice(head + 1).findLast(({ cells }) => cells.length === names.length);
  if (head === -1 || row === undefined) return [];
  return row.cells.slice(0, MOST).flatMap(({ text, start, end }, index) => {
    const csvColumn = names[index]?.text ?? '';
    const at = [row.start + start, row.start + end] as const;
    return csvColumn.length > LONGEST_COLUMN ? [] : candidate(text, at, { csvColumn }, csvColumn);
  });
}

/** One by itself: no part of a word, an address, a date or a time of day. */
const NUMBER = /(?<![\w.,:/-])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![.,:]?\d|-\d)/gi;
/** A unit behind a number. */
const UNIT =
  /^[ \t]*(%|(?:[numµ]?s|[num]?sec|milliseconds|microseconds|seconds|[KMGT]?i?(?:bits?|bytes|B)|requests|transactions|req|ops)(?:(?:\/| per )\w+)?)(?!\w)/i;

function inText(output: string): Candidate[] {
  const found: Candidate[] = [];
  let tried = 0;
  const lines = linesOf(output).filter(
    ({ text, start }) => text.length <= LONGEST_LINE && start > output.length - MOST_TEXT,
  );
  for (const { text, start } of lines.reverse()) {
    // A later line may be read by the same pattern, and would count.
    const rest = output.slice(start);
    for (const { index, 0: number } of Array.from(text.matchAll(NUMBER)).reverse()) {
      if (tried++ >= MOST) return found;
      const one = inLine(text, rest, index, number);
      if (one === undefined) continue;
      const at = [start + index, start + index + number.length] as const;
      const { pattern, unit } = one;
      found.push(...candidate(number, at, { pattern }, text.slice(0, index), unit));
    }
  }
  return found;
}

/** @returns the simplest pattern whose last match from its line on is this number; undefined: none is. */
function inLine(line: string, rest: string, index: number, number: string) {
  const [before, after] = [line.slice(0, index), line.slice(index + number.length)];
  const attached = /^[A-Za-zµ%][\w%/]*/.exec(after)?.[0] ?? '';
  const [near = attached, unit = ''] = UNIT.exec(after) ?? [];
  const value = /e/i.test(number) ? '([\\d.eE+-]+)' : '([\\d.]+)';
  for (const shape of [loosely, exactly]) {
    for (const [behind, end] of [
      [near.startsWith(attached) ? near : attached, ''],
      [after.trimEnd(), ' *$'],
    ] as const) {
      const pattern = `^${shape(before, true)}${value}${shape(behind)}${end}`;
      if (pattern.length > LONGEST_WAY) continue;
      const last = Array.from(rest.matchAll(new RegExp(pattern, 'gmd'))).at(-1);
      if (last?.indices?.[1]?.[0] === index) return { pattern, unit };
    }
  }
  return undefined;
}

/** A pattern for a part of a line, or from its start; columns may be wider in another run. */
const exactly = (text: string, isStart = false): string =>
  text
    .split(/(\s+)/)
    .map((part, index, parts) => {
      if (index % 2 === 0) return literally(part);
      const [before = '', after = ''] = [parts[index - 1], parts[index + 1]];
      if (part === ' ' && /[a-z]$/i.test(before) && /^[a-z]/i.test(after)) return part;
      return `${part.includes('\t') ? '\\s' : ' '}${isStart && before === '' ? '*' : '+'}`;
    })
    .join('');

const literally = (text: string): string =>
  text
    .replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
    .replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The same where other numbers, and their units, may be others. */
const loosely = (text: string, isStart = false): string =>
  partsOf(text)
    .map((part, index) =>
      index % 2 === 1 ? '[\\d.]+[A-Za-z%]*' : exactly(part, isStart && index === 0),
    )
    .join('');

/** A line's words, and at each second place a number with its unit. Numbers that name a percentile are words. */
function partsOf(text: string): string[] {
  const parts = [''];
  const isNumber = (part: string, before: string) =>
    /[a-z]/i.test(text.replace(/\d[\d.]*[a-zµ%]*/gi, '')) &&
    !/percentile\s+$/i.test(before) &&
    !(before.trim() === '' && part.endsWith('%'));
  for (const [index, part] of text.split(/((?<![\w.])\d[\d.]*[A-Za-z%]*)/).entries()) {
    const before = parts.join('');
    if (index % 2 === 1 && isNumber(part, before)) parts.push(part, '');
    else parts.push(`${parts.pop() ?? ''}${part}`);
  }
  return parts;
}

/** Lines as a pattern's ^ and $ see them. */
function linesOf(output: string): { readonly text: string; readonly start: number }[] {
  return Array.from(output.matchAll(/[^\n\r\u2028\u2029]+/g), ({ 0: text, index }) => ({
    text,
    start: index,
  }));
}

/** @returns none where the value is no number of 0 or more. */
function candidate(
  found: unknown,
  at: Candidate['at'],
  way: Omit<Metric, 'name'>,
  near: string,
  unit = '',
): Candidate[] {
  const value = found === '' ? NaN : Number(found);
  const isLong = Object.values(way).some((one) => String(one).length > LONGEST_WAY);
  if (!Number.isFinite(value) || value < 0 || isLong) return [];
  const name = nameOf(near);
  const guessed = unitOf(name, unit);
  return [
    { at, metric: { ...way, name }, value, unit: guessed, higherIsBetter: !isCost(name, guessed) },
  ];
}

/** The words before a number, or those of its column or path. */
function nameOf(near: string): string {
  const words = partsOf(near)
    .filter((_, index) => index % 2 === 0)
    .flatMap((part) => part.split(/[;,|]/))
    .map((part) =>
      part
        .replace(/[^\p{L}\p{N}%_/. -]+/gu, ' ')
        .replace(/\s+/g, ' ')
        .replace(/^[-. ]+|[-. ]+$/g, ''),
    );
  const name = words.findLast((one) => /[\p{L}\p{N}]/u.test(one)) ?? 'value';
  return name.length <= LONGEST_NAME ? name : name.slice(-LONGEST_NAME).replace(/^\S*\s/, '');
}

const TIMES = /^(?:[numµ]?s|[num]?sec|milliseconds|microseconds|seconds)$/i;

function unitOf(name: string, unit: string): string {
  if (unit !== '') return unit;
  if (/\brps\b|requests?\/s|req\/s/i.test(name)) return 'requests/s';
  if (/\btps\b/i.test(name)) return 'transactions/s';
  if (name.includes('bits_per_second')) return 'bit/s';
  return /_([numµ]s(?:ec)?)$/.exec(name)?.[1] ?? '';
}

const isCost = (name: string, unit: string): boolean =>
  TIMES.test(unit) ||
  /laten|rtt|\btime|delay|jitter|percentile|\bp\d\d|stddev|error|miss|fail|drop|retrans|lost|timeout/i.test(
    name,
  );
