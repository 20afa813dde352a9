/** A percentile of the times that a tool has measured, above 0 and below 100, and its value in µs. */
type Percentile = [percent: number, us: number];

/** Those that charts show; the scale is of nines. */
export const PERCENTS = [50, 75, 90, 95, 99, 99.9, 99.99, 99.999] as const;

/** µs in one of a unit. */
const UNITS: Readonly<Record<string, number>> = {
  us: 1,
  usec: 1,
  ms: 1e3,
  msec: 1e3,
  s: 1e6,
  sec: 1e6,
  m: 60e6,
};
const MOST_OUTPUT = 1 << 20;
/** A document takes no more. */
const MOST = 100;

/**
 * Percentiles in the output of a tool, which is hostile: of wrk and wrk2 (`--latency`) and what prints as they do,
 * redis-benchmark (with and without `--csv`) and sockperf.
 * @returns ascending, each once; of several tables the last one; empty where there are none.
 */
export function percentilesOf(output: string): Percentile[] {
  const text = output.slice(-MOST_OUTPUT);
  const found = [...wrk(text), ...sockperf(text), ...redisCsv(text), ...redisSummary(text)];
  const known = found.filter(
    ([percent, us]) => percent > 0 && percent < 100 && Number.isFinite(us) && us < 1e12,
  );
  return [...new Map(known)].sort((a, b) => a[0] - b[0]).slice(-MOST);
}

/** `     99%  122.37ms`, of wrk2 ` 99.900%    1.23ms`. */
const wrk = (text: string): Percentile[] =>
  Array.from(
    text.matchAll(/^ *(\d{1,3}(?:\.\d{1,6})?)% +(\d{1,12}(?:\.\d{1,6})?)(us|ms|s|m)[ \r]*$/gm),
    ([, percent, value, unit = '']) => [Number(percent), Number(value) * (UNITS[unit] ?? NaN)],
  );

/** `---> percentile 99.900 =   11.025`, in µs. */
const sockperf = (text: string): Percentile[] =>
  Array.from(
    text.matchAll(/> percentile (\d{1,2}\.\d{1,6}) = +(\d{1,12}\.\d{1,6})\r?$/gm),
    ([, percent, value]) => [Number(percent), Number(value)],
  );

/** Columns `p99_latency_ms`, of the last row. */
function redisCsv(text: string): Percentile[] {
  const rows = Array.from(
    text.matchAll(/^"[^"\n]{1,60}"(?:,"[^"\n]{1,40}"){1,20}\r?$/gm),
    ([row]) => Array.from(row.matchAll(/"([^"]*)"/g), ([, cell = '']) => cell),
  );
  const head = rows.findLast((cells) => cells.includes('p99_latency_ms'));
  const last = rows.at(-1);
  if (head === undefined || last === undefined || head === last) return [];
  return head.flatMap((name, index): Percentile[] => {
    const [, percent] = /^p(\d{2})_latency_ms$/.exec(name) ?? [];
    return percent === undefined ? [] : [[Number(percent), Number(last[index]) * 1e3]];
  });
}

/** A table of `avg min p50 p95 p99 max` below "latency summary (msec)". */
function redisSummary(text: string): Percentile[] {
  const tables = text.matchAll(
    /latency summary \(msec\):\r?\n([ a-z0-9]{1,200})\r?\n([ \d.]{1,200})$/gm,
  );
  const [, names = '', values = ''] = Array.from(tables).at(-1) ?? [];
  const cells = values.trim().split(/ +/);
  return names
    .trim()
    .split(/ +/)
    .flatMap((name, index): Percentile[] => {
      const [, percent] = /^p(\d{2})$/.exec(name) ?? [];
      return percent === undefined ? [] : [[Number(percent), Number(cells[index]) * 1e3]];
    });
}
