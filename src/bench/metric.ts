import * as l10n from '@vscode/l10n';
import vm from 'node:vm';
import { jsonpath } from 'json-p3';
import type { Metric } from '../results/workloadSchema.ts';

/** A pattern that backtracks for ever is ended after this time. */
const PATTERN_MS = 1000;

/** A fault of a metric beyond its form; undefined: none. */
export function metricFault({ jsonPath, pattern }: Metric): string | undefined {
  try {
    if (pattern !== undefined) {
      const groups = new RegExp(`${pattern}|`, 'gm').exec('')?.length ?? 0;
      if (groups < 2) return l10n.t('its pattern has no group for the value');
    }
    if (jsonPath !== undefined) jsonpath.compile(jsonPath);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Reads the metric from what a client has printed, which is hostile.
 * @throws Error where it is not there, or no number that is 0 or more.
 */
export function readMetric(output: string, metric: Metric): number {
  const found = textOf(output, metric);
  const value = typeof found === 'string' && found.trim() === '' ? NaN : Number(found);
  if (
    typeof found === 'object' ||
    typeof found === 'boolean' ||
    !Number.isFinite(value) ||
    value < 0
  ) {
    throw new Error(
      l10n.t(
        '{0} gives {1}, and not a number that is 0 or more',
        placeOf(metric),
        JSON.stringify(found),
      ),
    );
  }
  return value * (metric.scale ?? 1);
}

const placeOf = ({ jsonPath, pattern, csvColumn }: Metric): string =>
  jsonPath ?? (pattern === undefined ? l10n.t('the column {0}', csvColumn ?? '') : `/${pattern}/`);

function textOf(output: string, metric: Metric): unknown {
  const { jsonPath, pattern, csvColumn = '' } = metric;
  if (jsonPath !== undefined) return atPath(output, jsonPath);
  const found = pattern === undefined ? inColumn(output, csvColumn) : matched(output, pattern);
  if (found !== undefined) return found;
  throw new Error(l10n.t('{0} is not in the output', placeOf(metric)));
}

function atPath(output: string, path: string): unknown {
  let json: unknown;
  try {
    json = JSON.parse(output);
  } catch (cause) {
    throw new Error(l10n.t('the output is not JSON: {0}', (cause as Error).message), { cause });
  }
  const [value, ...others] = jsonpath
    .query(path, json as Parameters<typeof jsonpath.query>[1])
    .values();
  if (value === undefined) throw new Error(l10n.t('{0} is not in the output', path));
  if (others.length > 0) throw new Error(l10n.t('{0} is {1} values', path, others.length + 1));
  return value;
}

/** The last match: tools that report while they run say the whole in the end. */
function matched(output: string, pattern: string): string | undefined {
  // In a context of its own a time-out ends even a regular expression.
  const context = vm.createContext(
    Object.assign(Object.create(null) as object, { output, pattern }),
  );
  try {
    const found: unknown = vm.runInContext(
      "Array.from(output.matchAll(new RegExp(pattern, 'gm'))).at(-1)?.[1]",
      context,
      { timeout: PATTERN_MS },
    );
    return typeof found === 'string' ? found : undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw cause;
    const words = l10n.t('/{0}/ takes too long to be found in the output', pattern);
    throw new Error(words, { cause });
  }
}

/** From the first line that has the column, as a header, in the last line of its length. */
function inColumn(output: string, column: string): string | undefined {
  const rows = output
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => cellsOf(line).map(({ text }) => text));
  const head = rows.findIndex((cells) => cells.includes(column));
  const header = rows[head];
  if (header === undefined) return undefined;
  const values = rows.slice(head + 1).filter(({ length }) => length === header.length);
  return values.at(-1)?.[header.indexOf(column)];
}

export interface Cell {
  readonly text: string;
  /** Where it is in its line, without quotes and blanks. */
  readonly start: number;
  readonly end: number;
}

/** The cells of a line of CSV (RFC 4180). */
export const cellsOf = (line: string): Cell[] =>
  Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|\s*([^,]*))/dg), (match) => {
    const [, quoted, plain = ''] = match;
    const [start, end] = match.indices?.[quoted === undefined ? 2 : 1] ?? [0, 0];
    return quoted === undefined
      ? { text: plain.trimEnd(), start, end: start + plain.trimEnd().length }
      : { text: quoted.replaceAll('""', '"'), start, end };
  });
