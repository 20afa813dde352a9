import './words.ts';
import * as l10n from '@vscode/l10n';
import {
  cellAt,
  isToMatrixPage,
  type CellView,
  type FromMatrixPage,
  type KeptMatrix,
  type MatrixView,
  type SourceView,
} from '../src/verifier/matrix/protocol.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: FromMatrixPage): void;
  setState(state: KeptMatrix): void;
};

const vscode = acquireVsCodeApi();
const send = (message: FromMatrixPage): void => {
  vscode.postMessage(message);
};

const summary = el('span', { role: 'status', id: 'summary' });
const again = button(
  l10n.t('Verify again'),
  () => {
    send({ type: 'verify' });
  },
  { class: 'primary', id: 'again' },
);
const choose = button(
  l10n.t('Choose…'),
  () => {
    send({ type: 'choose' });
  },
  { title: l10n.t('Choose sources and hosts'), id: 'choose' },
);
const table = el('div', {
  class: 'scroll',
  tabindex: 0,
  role: 'region',
  'aria-label': l10n.t('Table of programs and hosts'),
});
const said = el('output', { class: 'said' });
const copy = (type: 'markdown' | 'csv', label: string, words: string) =>
  button(label, () => {
    send({ type });
    said.textContent = words;
  });
document
  .querySelector('main')
  ?.append(
    el(
      'header',
      {},
      el('h1', {}, l10n.t('Verifier matrix')),
      el('p', { class: 'state' }, summary, el('span', { class: 'actions' }, choose, again)),
    ),
    table,
    el(
      'div',
      { class: 'exports' },
      copy('markdown', l10n.t('Copy as Markdown'), l10n.t('The Markdown is on the clipboard.')),
      copy('csv', l10n.t('Copy as CSV'), l10n.t('The CSV is on the clipboard.')),
      said,
    ),
  );

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isToMatrixPage(data)) return;
  vscode.setState(data.kept);
  draw(data.view);
});
send({ type: 'ready' });

function draw(view: MatrixView): void {
  if (summary.textContent !== view.summary) summary.textContent = view.summary;
  said.textContent = '';
  again.disabled = view.isRunning;
  // Cells come anew with each answer: who is at one stays there.
  const focused =
    document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
  const key = focused?.dataset['key'];
  table.replaceChildren(matrixTable(view));
  if (key === undefined) return;
  const buttons = Array.from(table.querySelectorAll<HTMLElement>('[data-key]'));
  buttons.find((one) => one.dataset['key'] === key)?.focus();
}

const matrixTable = ({ hosts, sources }: MatrixView): HTMLElement =>
  el(
    'table',
    { id: 'matrix' },
    el('caption', { class: 'hidden' }, l10n.t('Programs and hosts')),
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('th', { scope: 'col' }, l10n.t('Program')),
        ...hosts.map(({ name, kernel }) =>
          el(
            'th',
            { scope: 'col' },
            el('span', { class: 'host' }, name),
            kernel === '' ? undefined : el('span', { class: 'kernel' }, `Linux ${kernel}`),
          ),
        ),
      ),
    ),
    ...sources.map((source, index) => sourceRows(source, index, hosts)),
  );

function sourceRows(
  { name, programs, columns }: SourceView,
  source: number,
  hosts: MatrixView['hosts'],
): HTMLElement {
  const open = (message: { program?: string; host?: number }) => () => {
    send({ type: 'open', source, ...message });
  };
  const cell = (one: CellView, host: number, program: string, rows: number): HTMLElement =>
    el(
      'td',
      { 'data-state': one.state, ...(rows > 1 && { rowspan: rows }) },
      el('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[one.state]),
      el('span', { class: 'verdict' }, one.words),
      one.place === undefined
        ? undefined
        : button(one.place, open({ program, host }), {
            class: 'link',
            'data-key': `${source} ${program} ${host}`,
            'aria-label': l10n.t(
              'Open {0}: {1}',
              one.place,
              [program, one.words, hosts[host]?.name].filter(Boolean).join(', '),
            ),
          }),
      one.detail === '' ? undefined : el('p', { class: 'detail' }, one.detail),
    );
  return el(
    'tbody',
    {},
    el(
      'tr',
      {},
      el(
        'th',
        { scope: 'rowgroup', colspan: hosts.length + 1, class: 'source' },
        button(name, open({}), { class: 'link', 'data-key': String(source) }),
      ),
    ),
    ...programs.map(({ name: program, section }, row) =>
      el(
        'tr',
        {},
        el(
          'th',
          { scope: 'row' },
          program === '' ? l10n.t('Programs not known yet') : program,
          section === '' ? undefined : el('span', { class: 'section' }, section),
        ),
        ...columns.flatMap((cells, host) => {
          const isWhole = cells.length === 1;
          const one = cellAt(cells, row);
          if (one === undefined || (isWhole && row > 0)) return [];
          return [
            cell(
              one,
              host,
              isWhole && programs.length > 1 ? '' : program,
              isWhole ? programs.length : 1,
            ),
          ];
        }),
      ),
    ),
  );
}

const SIGNS: Readonly<Record<CellView['state'], string>> = {
  unrun: '–',
  running: '…',
  unreached: '?',
  accepted: '✓',
  rejected: '✗',
  failed: '✗',
  uncompiled: '✗',
  none: '–',
};
