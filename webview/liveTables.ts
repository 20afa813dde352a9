import * as l10n from '@vscode/l10n';
import { amount, number } from '../src/results/format.ts';
import type { CounterGroup, ShownBypass, SocketRow } from '../src/bypass/live/protocol.ts';
import { el } from './dom.ts';

/** All counters, in groups: why connections stay on TCP, or went back to it. */
export class LiveCounters {
  readonly #body = el('div', { class: 'groups' });
  readonly element = el(
    'section',
    { 'aria-labelledby': 'counters-title' },
    el('h2', { id: 'counters-title' }, l10n.t('What the programs have counted')),
    this.#body,
  );

  draw({ groups, recentSeconds }: ShownBypass): void {
    const recent = recentText(recentSeconds);
    redraw(
      this.#body,
      groups.map((group) => groupTable(group, recent)),
    );
  }
}

function recentText(seconds: number): string {
  if (seconds < 1) return l10n.t('Recently');
  if (seconds < 100) return l10n.t('Last {0} s', Math.round(seconds));
  return l10n.t('Last {0} min', Math.round(seconds / 60));
}

const groupTable = ({ title, rows }: CounterGroup, recent: string): HTMLElement =>
  el(
    'table',
    { class: 'counters' },
    el('caption', {}, title),
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('td'),
        el('th', { scope: 'col' }, l10n.t('Since load')),
        el('th', { scope: 'col' }, recent),
      ),
    ),
    el(
      'tbody',
      {},
      ...rows.map(({ name, label, total, recent: grown }) =>
        el(
          'tr',
          { 'data-counter': name, class: total === 0 ? 'zero' : '' },
          el('th', { scope: 'row' }, label),
          el('td', {}, countText(name, total)),
          el('td', {}, grown === 0 ? '–' : `+${countText(name, grown)}`),
        ),
      ),
    ),
  );

const countText = (name: string, count: number): string =>
  name.endsWith('_bytes') && name.startsWith('redirected') ? amount(count) : number(count);

/** Sockets, with the processes that have them. */
export class LiveSockets {
  readonly #note = el('p', { class: 'detail', id: 'sockets-note' });
  readonly #body = el('div', {
    class: 'scroll',
    tabindex: 0,
    role: 'region',
    'aria-labelledby': 'sockets-title',
  });
  readonly element = el(
    'section',
    // Its table, which scrolls, is the landmark.
    {},
    el('h2', { id: 'sockets-title' }, l10n.t('Connections')),
    this.#note,
    this.#body,
  );

  draw({ sockets, socketsNote }: ShownBypass): void {
    this.#note.textContent = socketsNote;
    this.#body.hidden = sockets.length === 0;
    redraw(this.#body, sockets.length === 0 ? [] : [socketTable(sockets)]);
  }
}

const socketTable = (sockets: readonly SocketRow[]): HTMLElement =>
  el(
    'table',
    { id: 'sockets' },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        ...[
          l10n.t('Process'),
          l10n.t('Address'),
          l10n.t('Other end'),
          l10n.t('In the map'),
          l10n.t('Sends over TCP'),
        ].map((title) => el('th', { scope: 'col' }, title)),
      ),
    ),
    el(
      'tbody',
      {},
      ...sockets.map(({ process, local, peer, inMap, tcpBytes }) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, process === '' ? '–' : process),
          el('td', {}, local),
          el('td', {}, peer),
          el('td', {}, inMap ? l10n.t('yes') : l10n.t('no')),
          el('td', {}, tcpBytes === null ? '–' : `${amount(tcpBytes)}/s`),
        ),
      ),
    ),
  );

/** Leaves what is the same alone, so that a selection and the place of scrolling stay. */
function redraw(parent: HTMLElement, children: readonly HTMLElement[]): void {
  const text = children.map((child) => child.outerHTML).join('');
  if (parent.dataset['drawn'] === text) return;
  parent.dataset['drawn'] = text;
  parent.replaceChildren(...children);
}
