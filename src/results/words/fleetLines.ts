import * as l10n from '@vscode/l10n';
import { ARM_LABELS } from '../arms.ts';
import type { OutcomeVerdict } from '../finding.ts';
import type { Fleet, FleetPlace, FleetSummary, HostAt } from '../fleet/fleet.ts';
import { factor, part } from '../format.ts';
import { kindLabel, sizeLabel } from '../sizes.ts';
import type { Interval, Ratio } from '../statistics.ts';
import { plainVerdict } from './outcomeTexts.ts';

/** The fleet line by line, for a terminal: at each size the hosts, what they come to last. */
export function fleetLines({ hosts, places }: Fleet): string[] {
  if (places.length === 0) return [l10n.t('No document has a bypass and TCP at one size.')];
  const lines = places.flatMap((place) => [
    fleetPlaceText(place),
    ...aligned([...place.hosts.map(hostCells), summaryCells(place.summary)]),
    ...(place.summary ? [`  ${heterogeneityText(place.summary)}`] : []),
    '',
  ]);
  return hosts.length < 2
    ? [...lines, l10n.t('One host is not a fleet: name result documents of several.')]
    : lines.slice(0, -1);
}

/** `Throughput, 64 B`, and what else distinguishes it. */
export function fleetPlaceText({
  size,
  arm,
  topology,
}: Pick<FleetPlace, 'size' | 'arm' | 'topology'>): string {
  const kind = kindLabel(size);
  return [
    `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
    sizeLabel(size),
    ...(arm === 'bypass' ? [] : [ARM_LABELS[arm]]),
    ...(topology === 'namespaces' ? [l10n.t('between namespaces')] : []),
  ].join(', ');
}

/** `2.10 (1.95–2.25)`; empty where there is none. */
export const ratioText = (ratio: Pick<Ratio, 'ratio' | 'interval'> | undefined): string =>
  ratio === undefined
    ? ''
    : `${factor(ratio.ratio)}${ratio.interval ? ` (${intervalText(ratio.interval)})` : ''}`;

const intervalText = ({ low, high }: Interval): string => `${factor(low)}–${factor(high)}`;

/** A verdict on a ratio to TCP. */
export function fleetVerdict(verdict: OutcomeVerdict): string {
  switch (verdict) {
    case 'higher':
      return l10n.t('faster');
    case 'lower':
      return l10n.t('slower');
    case 'stalled':
      return l10n.t('stalled');
    default:
      return plainVerdict(verdict);
  }
}

/** Sums up the hosts of a place, in a sentence. */
export function fleetSummaryText({ hosts, summary }: FleetPlace): string {
  if (summary === undefined)
    return hosts.length === 1
      ? l10n.t('One host has been measured: it takes two to sum up a fleet.')
      : l10n.t(
          'Fewer than two of these hosts have a ratio with an interval: nothing is summed up.',
        );
  const { verdict, hosts: count } = summary;
  const ratio = ratioText(summary);
  switch (verdict) {
    case 'higher':
      return l10n.t('Faster: {0} times the better TCP across {1} hosts.', ratio, count);
    case 'lower':
      return l10n.t('Slower: {0} times the better TCP across {1} hosts.', ratio, count);
    case 'same':
      return l10n.t(
        'No difference that matters: {0} times the better TCP across {1} hosts.',
        ratio,
        count,
      );
    default:
      return l10n.t('Inconclusive: {0} times the better TCP across {1} hosts.', ratio, count);
  }
}

/** How much hosts differ, and what one more would have. */
export function heterogeneityText({ iSquared, spread, prediction }: FleetSummary): string {
  const words = l10n.t(
    'Hosts typically differ by a factor of {0}; {1} of the variation is not measurement noise (I²).',
    spread.toFixed(3),
    part(iSquared),
  );
  return prediction === undefined
    ? words
    : `${words} ${l10n.t('One more host is expected within {0} (95% prediction interval).', intervalText(prediction))}`;
}

/** Explains the summary to whoever reads it. */
export const fleetMethod = (): string =>
  l10n.t(
    'Each host: rate of the bypass to that of the faster TCP there, round by round, with its 95% interval. All hosts: the geometric mean of a random-effects model (DerSimonian and Laird) with the interval of Hartung, Knapp, Sidik and Jonkman.',
  );

const hostCells = ({ host, ratio, against, verdict }: HostAt): string[] => [
  host,
  ratioText(ratio),
  fleetVerdict(verdict),
  l10n.t('against {0}', ARM_LABELS[against]),
];

function summaryCells(summary: FleetSummary | undefined): string[] {
  if (summary === undefined) return [l10n.t('fleet'), '', l10n.t('too few hosts to sum up')];
  const of = l10n.t('{0} hosts', summary.hosts);
  return [l10n.t('fleet'), ratioText(summary), fleetVerdict(summary.verdict), of];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
