import * as l10n from '@vscode/l10n';
import type { FleetResult, FleetRow, FromFleetPage } from '../src/results/fleet/protocol.ts';
import { part, when } from '../src/results/format.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';

/** The hosts: what is loaded on each, and what its latest result says. */
export function fleetTable(
  rows: readonly FleetRow[],
  send: (message: FromFleetPage) => void,
): HTMLElement {
  const columns = [
    l10n.t('Host'),
    l10n.t('Kernel'),
    l10n.t('Bypass'),
    l10n.t('Reach'),
    l10n.t('Kept across reboots'),
    l10n.t('Bypassed share'),
    l10n.t('Latest result'),
  ];
  return el(
    'table',
    { id: 'hosts' },
    el('caption', { class: 'hidden' }, l10n.t('Hosts')),
    el('thead', {}, el('tr', {}, ...columns.map((each) => el('th', { scope: 'col' }, each)))),
    el('tbody', {}, ...rows.map((row) => hostRow(row, send))),
  );
}

function hostRow(row: FleetRow, send: (message: FromFleetPage) => void): HTMLElement {
  const { host, name, state, kernel, mode, reach, kept, latest } = row;
  const words =
    state === 'read' || mode !== ''
      ? [
          el('td', {}, kernel),
          el('td', {}, sign(row), mode),
          el('td', {}, reach),
          el('td', { class: 'kept' }, kept),
        ]
      : [el('td', { colspan: 4, class: 'muted' }, unknownText(row))];
  const cells = state === 'failed' ? [problemCell(row, send)] : words;
  return el(
    'tr',
    { 'data-host': name, 'data-state': state },
    el(
      'th',
      { scope: 'row' },
      state === 'unread'
        ? name
        : button(
            name,
            () => {
              send({ type: 'status', host });
            },
            { class: 'link', 'data-key': `status ${host}`, title: l10n.t('Open its live page') },
          ),
    ),
    ...cells,
    el('td', {}, shareText(latest?.bypassed)),
    el('td', { class: 'latest' }, ...(latest ? latestWords(row, latest, send) : [l10n.t('none')])),
  );
}

function shareText(bypassed: FleetResult['bypassed']): string {
  if (bypassed === undefined) return '';
  const [least, most] = [part(bypassed.least), part(bypassed.most)];
  return least === most ? most : l10n.t('{0} to {1}', least, most);
}

function sign({ isOn }: FleetRow): HTMLElement {
  return el('span', { class: isOn ? 'sign on' : 'sign', 'aria-hidden': 'true' }, isOn ? '●' : '○');
}

const unknownText = ({ state }: FleetRow): string =>
  state === 'unread' ? l10n.t('known only by its result: not used from here') : l10n.t('Reading…');

function problemCell(
  { host, name, problem = '' }: FleetRow,
  send: (message: FromFleetPage) => void,
): HTMLElement {
  const label = { 'aria-label': l10n.t('Retry {0}', name), 'data-key': `retry ${host}` };
  return el(
    'td',
    { colspan: 4, class: 'problem' },
    el('span', {}, problem),
    button(
      l10n.t('Retry'),
      () => {
        send({ type: 'retry', host });
      },
      label,
    ),
  );
}

const OUTCOMES: Readonly<Record<FleetResult['outcome'], string>> = {
  get good() {
    return l10n.t('good');
  },
  get worse() {
    return l10n.t('slower or stalled');
  },
  get inconclusive() {
    return l10n.t('inconclusive');
  },
};
const SIGNS: Readonly<Record<FleetResult['outcome'], string>> = {
  good: '▲',
  worse: '▼',
  inconclusive: '?',
};

function latestWords(
  { host, name }: FleetRow,
  { outcome, startedAt }: FleetResult,
  send: (message: FromFleetPage) => void,
): HTMLElement[] {
  return [
    el('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[outcome]),
    el('span', { class: 'outcome' }, OUTCOMES[outcome]),
    button(
      when(startedAt),
      () => {
        send({ type: 'open', host });
      },
      {
        class: 'link',
        'data-key': `open ${host}`,
        'aria-label': l10n.t('Open the result of {0}, {1}', name, when(startedAt)),
      },
    ),
  ];
}
