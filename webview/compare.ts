import './words.ts';
import * as l10n from '@vscode/l10n';
import {
  isToComparePage,
  type ComparedFiles,
  type FromComparePage,
  type ToComparePage,
} from '../src/results/compareProtocol.ts';
import type {
  ComparisonPage,
  ComparisonView,
  RunView,
} from '../src/results/words/comparisonView.ts';
import { button } from './chooser.ts';
import { ratioTable } from './ratioTable.ts';
import { el } from './dom.ts';
import { Tabs } from './tabs.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: FromComparePage): void;
  getState(): unknown;
  setState(state: ComparedFiles & { readonly page: string | undefined }): void;
};

const vscode = acquireVsCodeApi();
const say = (message: FromComparePage): void => {
  vscode.postMessage(message);
};
let chosen = stateOf(vscode.getState());
let message: ToComparePage | undefined;

const main = document.querySelector('main');
const said = el('output', { class: 'said' });
const content = el('div', {});
main?.append(
  el('h1', {}, l10n.t('Benchmarks compared')),
  content,
  el(
    'div',
    { class: 'exports' },
    button(l10n.t('Swap before and after'), () => {
      say({ type: 'swap' });
    }),
    button(l10n.t('Copy as Markdown'), () => {
      say({ type: 'markdown', to: 'clipboard' });
      said.textContent = l10n.t('The Markdown is on the clipboard.');
    }),
    button(l10n.t('Save as Markdown'), () => {
      say({ type: 'markdown', to: 'file' });
    }),
    said,
  ),
);

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isToComparePage(data)) return;
  message = data;
  keep();
  draw();
});
say({ type: 'ready' });

function keep(): void {
  if (message) vscode.setState({ ...message.kept, page: chosen });
}

function draw(): void {
  if (!message) return;
  said.textContent = '';
  content.replaceChildren(
    ...(message.type === 'invalid'
      ? [el('pre', { id: 'reason', role: 'alert', tabindex: 0 }, message.reason)]
      : comparison(message.view)),
  );
}

function comparison(view: ComparisonView): HTMLElement[] {
  const { before, after, outcome, verdict, summary, notes, pages } = view;
  const page = pages.find(({ id }) => id === chosen) ?? pages[0];
  const [headline = '', ...reasons] = verdict;
  return [
    el(
      'div',
      { class: 'sides' },
      side(l10n.t('Before'), before, 'before'),
      side(l10n.t('After'), after, 'after'),
    ),
    el(
      'div',
      { class: 'verdict', 'data-outcome': outcome },
      el('strong', { id: 'verdict' }, headline),
      ...summary.map((text) => el('p', {}, text)),
    ),
    list(notes, { class: 'notes', 'aria-label': l10n.t('How the runs differ') }),
    ...(page ? pageOf(page, pages) : []),
    el('div', { class: 'findings' }, ...reasons.map((text) => el('p', {}, text))),
    el(
      'p',
      { class: 'note' },
      l10n.t(
        'After to before: the ratio of the geometric means, with its 95% interval (Welch). “Same” means that the whole interval lies within 5%; “inconclusive”, that it is too wide to say; “not comparable”, that almost no data used the bypass, or that almost nothing was moved. The ratio to TCP is that of the rates within a round: a host that is faster or slower as a whole leaves it as it is.',
      ),
    ),
  ];
}

function pageOf(page: ComparisonPage, pages: readonly ComparisonPage[]): HTMLElement[] {
  const tabs = new Tabs(
    pages.map(({ id, title, counts }) => ({ id, label: title, detail: countsText(counts) })),
    'compared',
    (id) => {
      chosen = id;
      keep();
      draw();
      document.getElementById(`tab-${id}`)?.focus();
    },
  );
  tabs.draw(page.id);
  return [
    tabs.element,
    el(
      'section',
      { id: 'compared', role: 'tabpanel', tabindex: 0, 'aria-labelledby': `tab-${page.id}` },
      ratioTable(page),
    ),
  ];
}

function countsText({ better, worse }: ComparisonPage['counts']): string {
  if (better === 0 && worse === 0) return '';
  if (worse === 0) return l10n.t('{0} better', better);
  return better === 0 ? l10n.t('{0} worse', worse) : l10n.t('{0} better, {1} worse', better, worse);
}

const side = (name: string, { fileName, facts }: RunView, run: 'before' | 'after') =>
  el(
    'section',
    { 'aria-label': name },
    el(
      'h2',
      {},
      `${name}: `,
      button(
        fileName,
        () => {
          say({ type: 'open', run });
        },
        { class: 'link' },
      ),
    ),
    el(
      'dl',
      { class: 'facts' },
      ...facts.map(([fact, value]) => el('div', {}, el('dt', {}, fact), el('dd', {}, value))),
    ),
  );

const list = (texts: readonly string[], attributes: Readonly<Record<string, string>>) =>
  texts.length === 0
    ? el('div', {})
    : el('ul', attributes, ...texts.map((text) => el('li', {}, text)));

function stateOf(state: unknown): string | undefined {
  const { page } = (state ?? {}) as { page?: unknown };
  return typeof page === 'string' ? page : undefined;
}
