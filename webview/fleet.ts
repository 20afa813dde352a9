import './words.ts';
import * as l10n from '@vscode/l10n';
import { Chart } from 'chart.js';
import {
  isToFleetPage,
  type FleetRow,
  type FleetView,
  type FromFleetPage,
} from '../src/results/fleet/protocol.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';
import { FleetForest } from './fleetForest.ts';
import { fleetTable } from './fleetTable.ts';
import { Redraws } from './redraws.ts';
import { onThemeChange, readTheme } from './theme.ts';

/** VS Code keeps it while the page is hidden, and over a reload of the window. */
interface State {
  readonly place: string | undefined;
}

declare function acquireVsCodeApi(): {
  postMessage(message: FromFleetPage): void;
  getState(): unknown;
  setState(state: State): void;
};

const vscode = acquireVsCodeApi();
const send = (message: FromFleetPage): void => {
  vscode.postMessage(message);
};
const does = (type: 'read' | 'rollOut' | 'checkHost' | 'benchmark') => (): void => {
  send({ type });
};
let place = (vscode.getState() as Partial<State> | undefined)?.place;
let view: FleetView | undefined;
const redraws = new Redraws(draw);

const state = el('span', { role: 'status', id: 'state' });
const rollOut = button(l10n.t('Roll out…'), does('rollOut'), { class: 'primary' });
const again = button(l10n.t('Read again'), does('read'), { id: 'again' });
const rows = el('div', {
  class: 'scroll',
  tabindex: 0,
  role: 'region',
  'aria-label': l10n.t('Table of hosts'),
});
const forest = new FleetForest((chosen) => {
  place = chosen;
  vscode.setState({ place });
  redraws.now();
});
const noResult = el(
  'section',
  { id: 'no-result', 'aria-labelledby': 'no-result-title' },
  el('h2', { id: 'no-result-title' }, l10n.t('What the bypass gains')),
  el(
    'p',
    {},
    l10n.t(
      'No result compares the bypass with TCP yet. Run a benchmark on each host, or roll out: its canary host is measured.',
    ),
  ),
  button(l10n.t('Run a benchmark…'), does('benchmark')),
);
const empty = el(
  'section',
  { id: 'empty', hidden: true },
  el(
    'p',
    {},
    l10n.t(
      'No host has been used yet. The hosts that you check, load on or measure are listed here.',
    ),
  ),
  el(
    'p',
    { class: 'exports' },
    button(l10n.t('Check a host…'), does('checkHost'), { class: 'primary' }),
    button(l10n.t('Roll out to several…'), does('rollOut')),
  ),
);
const body = el('div', { id: 'fleet', hidden: true }, rows, forest.element, noResult);
document
  .querySelector('main')
  ?.append(
    el(
      'header',
      {},
      el('h1', {}, l10n.t('Fleet')),
      el('p', { class: 'state' }, state, again, rollOut),
    ),
    empty,
    body,
  );

// The chart by its canvas, for tests and for whoever looks into the page: `Chart.getChart('chart')`.
Object.assign(window, { Chart });
window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isToFleetPage(data)) return;
  view = data.view;
  redraws.ask();
});
document.addEventListener('visibilitychange', () => {
  send({ type: 'seen', seen: document.visibilityState === 'visible' });
});
onThemeChange(() => {
  redraws.now();
});
send({ type: 'ready' });

function draw(): void {
  if (view === undefined) return;
  const isEmpty = view.rows.length === 0;
  empty.hidden = !isEmpty;
  body.hidden = isEmpty;
  again.hidden = isEmpty;
  rollOut.hidden = isEmpty;
  const words = isEmpty ? '' : stateText(view.rows);
  if (state.textContent !== words) state.textContent = words;
  if (isEmpty) return;
  // Rows come anew with each reading: who is at a button stays there.
  const focused =
    document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
  const key = focused?.dataset['key'];
  rows.replaceChildren(fleetTable(view.rows, send));
  if (key !== undefined) {
    const buttons = Array.from(rows.querySelectorAll<HTMLElement>('[data-key]'));
    buttons.find((one) => one.dataset['key'] === key)?.focus();
  }
  noResult.hidden = view.places.length > 0;
  forest.element.hidden = view.places.length === 0;
  forest.draw(view.places, place, readTheme());
}

function stateText(all: readonly FleetRow[]): string {
  const on = all.filter(({ isOn }) => isOn).length;
  const reading = all.filter((row) => row.state === 'reading').length;
  const failed = all.filter((row) => row.state === 'failed').length;
  return [
    all.length === 1 ? l10n.t('1 host') : l10n.t('{0} hosts', all.length),
    l10n.t('{0} with the bypass on', on),
    ...(reading === 0 ? [] : [l10n.t('{0} being read', reading)]),
    ...(failed === 0 ? [] : [l10n.t('{0} could not be read', failed)]),
  ].join(', ');
}
