import * as l10n from '@vscode/l10n';
import type {
  Against,
  AssessmentView,
  FromAssessPage,
  RankedCgroup,
} from '../src/assess/page/protocol.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';

/** The answer, what it stands on, and what can be done with it. */
export class AssessVerdict {
  readonly #verdict = el('p', { id: 'verdict', class: 'verdict' });
  readonly #basis = el('p', { id: 'basis' });
  readonly #against = el('div', { id: 'against' });
  readonly #load: HTMLButtonElement;
  readonly #benchmark: HTMLButtonElement;
  readonly #said = el('output', { class: 'said' });
  readonly #cgroups = el('ol', { id: 'cgroups' });
  readonly #ranked = el(
    'section',
    { 'aria-labelledby': 'ranked-title' },
    el('h2', { id: 'ranked-title' }, l10n.t('What would gain')),
    this.#cgroups,
  );
  readonly element: HTMLElement;

  constructor(send: (message: FromAssessPage) => void) {
    this.#load = button(
      l10n.t('Load there…'),
      () => {
        send({ type: 'load' });
      },
      { id: 'load' },
    );
    this.#benchmark = button(
      l10n.t('Benchmark these sizes…'),
      () => {
        send({ type: 'benchmark' });
      },
      { id: 'benchmark' },
    );
    const copy = button(
      l10n.t('Copy as Markdown'),
      () => {
        send({ type: 'markdown' });
        this.#said.textContent = l10n.t('The Markdown is on the clipboard.');
      },
      { id: 'copy' },
    );
    this.element = el(
      'div',
      {},
      this.#verdict,
      this.#basis,
      this.#against,
      el('div', { class: 'exports' }, this.#load, this.#benchmark, copy, this.#said),
      this.#ranked,
    );
  }

  draw({ verdict, reach, cgroups, canLoad, sizes }: AssessmentView): void {
    this.#said.textContent = '';
    this.#verdict.textContent = verdict.words;
    this.#verdict.dataset['kind'] = verdict.kind;
    this.#basis.textContent = [verdict.basis, reach].filter((text) => text !== '').join(' ');
    this.#against.replaceChildren(...againstList(verdict.against));
    this.#load.hidden = !canLoad;
    this.#load.classList.toggle('primary', verdict.kind === 'gains');
    this.#benchmark.hidden = sizes === '';
    this.#benchmark.title = sizes;
    this.#ranked.hidden = cgroups.length === 0;
    this.#cgroups.replaceChildren(...cgroups.map(ranked));
  }
}

const ranked = ({ name, path, gain, basis, isChosen, against }: RankedCgroup): HTMLElement =>
  el(
    'li',
    { class: isChosen ? 'chosen' : '' },
    el('strong', {}, name),
    path === '' ? undefined : el('span', { class: 'path' }, path),
    el('div', {}, gain, ' ', el('span', { class: 'detail' }, `(${basis})`)),
    ...againstList(against),
  );

function againstList(against: readonly Against[]): HTMLElement[] {
  if (against.length === 0) return [];
  const rows = against.map(({ words, isGrave }) =>
    el('li', { class: isGrave ? 'grave' : '' }, words),
  );
  return [el('ul', { class: 'against', 'aria-label': l10n.t('What speaks against it') }, ...rows)];
}
