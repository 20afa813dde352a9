import * as l10n from '@vscode/l10n';
import { ARM_LABELS } from '../arms.ts';
import type { TcpCheck, TcpPlace } from '../tcpCheck.ts';

const MARKS = {
  get good() {
    return l10n.t('good');
  },
  get worse() {
    return l10n.t('WORSE');
  },
  get inconclusive() {
    return l10n.t('inconclusive');
  },
};

/** The check line by line, for a terminal: each size, the verdict last. */
export const tcpLines = (check: TcpCheck): string[] => [
  ...check.places.map(placeLine),
  verdictLine(check),
];

function placeLine(place: TcpPlace): string {
  const { arm, against, experiment, size, ratio, interval, stalled, outcome } = place;
  const kind = experiment === 'throughput' ? l10n.t('throughput') : l10n.t('round trip');
  const times = (value: number) => value.toFixed(2);
  const range = interval ? ` (${times(interval.low)}–${times(interval.high)})` : '';
  const words = [
    ...(ratio === undefined
      ? []
      : [l10n.t('{0} times {1}', `${times(ratio)}${range}`, ARM_LABELS[against])]),
    ...(stalled === 0
      ? []
      : [stalled === 1 ? l10n.t('1 round stalled') : l10n.t('{0} rounds stalled', stalled)]),
  ];
  const said = words.length === 0 ? l10n.t('nothing to compare') : words.join('; ');
  return `${MARKS[outcome]}: ${ARM_LABELS[arm]}, ${kind}, ${size}: ${said}`;
}

function verdictLine({ outcome, maxSlowdown }: TcpCheck): string {
  switch (outcome) {
    case 'good':
      return l10n.t('The bypass is nowhere more than {0}% slower than TCP.', maxSlowdown);
    case 'worse':
      return l10n.t('The bypass stalled, or is more than {0}% slower than TCP.', maxSlowdown);
    case 'inconclusive':
      return l10n.t('Inconclusive: this run does not show how the bypass compares with TCP.');
  }
}
