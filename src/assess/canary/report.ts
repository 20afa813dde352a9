import * as l10n from '@vscode/l10n';
import type { CanaryVerdict, QuantileRatio } from '../../results/canary/comparison.ts';
import type { CanaryReading, Guardrail } from '../../results/canary/trial.ts';

const VERDICTS: Readonly<Record<CanaryVerdict, () => string>> = {
  slower: () => l10n.t('slower on the bypass'),
  faster: () => l10n.t('faster on the bypass'),
  same: () => l10n.t('no difference'),
  undecided: () => l10n.t('not known yet'),
};

const GUARDRAILS: Readonly<Record<Guardrail, () => string>> = {
  p50: () => l10n.t('the median answer takes longer than allowed'),
  p99: () => l10n.t('the slowest of 100 answers takes longer than allowed'),
  stalls: () => l10n.t('readers stall: data waits on the bypass, and nobody reads it'),
  resets: () => l10n.t('more connections are reset than on TCP'),
};

const OUTCOMES: Readonly<Record<CanaryReading['outcome'], (reading: CanaryReading) => string>> = {
  crossed: ({ crossed }) =>
    l10n.t(
      'Crossed: {0}. New connections stay on TCP.',
      crossed.map((one) => GUARDRAILS[one]()).join('; '),
    ),
  within: () => l10n.t('Within the guardrails.'),
  undecided: ({ bypass, tcp }) =>
    bypass.sockets + tcp.sockets === 0
      ? l10n.t('Not known yet: nothing has connected. What was open before is not measured.')
      : l10n.t('Not known yet: it takes more answers, or more connections.'),
};

/** The state of the guardrails, and why it has ended where one was crossed. */
export const outcomeWords = (reading: CanaryReading): string => OUTCOMES[reading.outcome](reading);

function timeText(nanoseconds: number | undefined): string {
  if (nanoseconds === undefined) return '–';
  const micros = nanoseconds / 1000;
  return micros < 10_000 ? `${micros.toFixed(1)} µs` : `${(micros / 1000).toFixed(1)} ms`;
}

/** `1.02x (0.98 to 1.05)`; undefined as long as its interval says nothing. */
function intervalText({ ratio, interval }: QuantileRatio): string | undefined {
  if (ratio === undefined || interval === undefined) return undefined;
  const [low, high] = [interval.low.toFixed(2), interval.high.toFixed(2)];
  const isOpen = !Number.isFinite(interval.high);
  // Anything from nothing on is no interval.
  if (isOpen && Number(low) === 0) return undefined;
  const range = isOpen ? l10n.t('{0} or more', low) : l10n.t('{0} to {1}', low, high);
  return l10n.t('{0}x ({1})', ratio.toFixed(2), range);
}

const ratioText = (ratio: QuantileRatio): string =>
  [intervalText(ratio) ?? [], VERDICTS[ratio.verdict]()].flat().join(', ');

/** For each quantile: its name, its values on the bypass and on TCP, their ratio with its interval, the verdict. */
export const ratioRows = ({ p50, p99 }: CanaryReading) =>
  ([['p50', p50] as const, ['p99', p99] as const] as const).map(
    ([name, ratio]): [string, string, string, string, string] => [
      name,
      timeText(ratio.bypass?.value),
      timeText(ratio.tcp?.value),
      intervalText(ratio) ?? '–',
      VERDICTS[ratio.verdict](),
    ],
  );

/** Counts of each group: a name, and the counts on the bypass and on TCP. */
export const countRows = ({ bypass, tcp }: CanaryReading) =>
  (
    [
      [l10n.t('sockets'), 'sockets'],
      [l10n.t('answers'), 'transactions'],
      [l10n.t('bytes sent'), 'sentBytes'],
      [l10n.t('bytes received'), 'receivedBytes'],
      [l10n.t('resets'), 'resets'],
      [l10n.t('EAGAIN'), 'eagains'],
      [l10n.t('stalled readers'), 'stalls'],
    ] as const
  ).map(([label, key]): [string, string, string] => [
    label,
    bypass[key].toLocaleString('en'),
    tcp[key].toLocaleString('en'),
  ]);

/** CPU time of the observer's own programs; undefined before that was measured. */
export const costWords = ({ cost }: CanaryReading): string | undefined =>
  cost &&
  l10n.t(
    '{0} ns a message, {1}% of one CPU',
    Math.round(cost.nanosecondsPerCall),
    (100 * cost.cpu).toFixed(2),
  );

/** One line of progress. */
export const canaryLine = ({ seconds, bypass, tcp, p50, p99 }: CanaryReading): string =>
  l10n.t(
    '{0} s: {1} answers on the bypass, {2} on TCP; p50 {3}; p99 {4}',
    seconds,
    bypass.transactions.toLocaleString('en'),
    tcp.transactions.toLocaleString('en'),
    ratioText(p50),
    ratioText(p99),
  );

/** The outcome as text, aligned for a fixed-width font. */
export function canaryReport(reading: CanaryReading): string {
  const { p50, p99, share, seconds } = reading;
  const cost = costWords(reading);
  const rows: [string, string, string][] = [
    ['', l10n.t('bypass'), 'TCP'],
    ...countRows(reading),
    ...ratioRows(reading).map(([name, a, b]): [string, string, string] => [name, a, b]),
  ];
  return [
    outcomeWords(reading),
    '',
    ...rows.map(([label, a, b]) => `  ${label.padEnd(16)}${a.padStart(16)}${b.padStart(16)}`),
    '',
    `  p50 ${ratioText(p50)}`,
    `  p99 ${ratioText(p99)}`,
    l10n.t('  after {0} s, share {1}%', seconds, share),
    ...(cost === undefined ? [] : [l10n.t('  its own cost: {0}', cost)]),
    '',
  ].join('\n');
}
