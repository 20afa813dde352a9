import * as l10n from '@vscode/l10n';
import type { AssessmentView, Column, PairRow } from '../src/assess/page/protocol.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';
import { shownRows, type Sorting } from './pairRows.ts';

/** A reader's choices, which stay. */
export interface PairChoices {
  readonly filter: string;
  readonly sorting: Sorting | undefined;
}

/** Who talks to whom: a table that is sorted by its headings and filtered by what is typed. */
export class AssessPairs {
  readonly #filter = el('input', { type: 'search', id: 'filter' });
  readonly #count = el('output', { id: 'pairs-count', class: 'said' });
  readonly #note = el('p', { class: 'detail' });
  readonly #head = el('tr');
  readonly #body = el('tbody');
  readonly element = el(
    'section',
    { id: 'pairs', 'aria-labelledby': 'pairs-title' },
    el('h2', { id: 'pairs-title' }, l10n.t('Who talks to whom')),
    el(
      'p',
      { class: 'bar' },
      el('label', { class: 'which' }, l10n.t('Filter'), this.#filter),
      this.#count,
    ),
    this.#note,
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': l10n.t('Table of pairs') },
      el('table', { id: 'pairs-table' }, el('thead', {}, this.#head), this.#body),
    ),
  );
  readonly #onChange: (choices: PairChoices) => void;
  #choices: PairChoices;
  #pairs: readonly PairRow[] = [];
  #columns: readonly Column[] = [];

  constructor(choices: PairChoices, onChange: (choices: PairChoices) => void) {
    this.#choices = choices;
    this.#onChange = onChange;
    this.#filter.value = choices.filter;
    this.#filter.addEventListener('input', () => {
      this.#choose({ ...this.#choices, filter: this.#filter.value });
    });
  }

  draw({ pairs, columns, pairsNote }: AssessmentView): void {
    this.#note.textContent = pairsNote;
    this.#note.hidden = pairsNote === '';
    this.#pairs = pairs;
    if (this.#columns.length !== columns.length) {
      this.#columns = columns;
      this.#head.replaceChildren(...columns.map((column, index) => this.#heading(column, index)));
    }
    this.element.hidden = pairs.length === 0;
    this.#drawRows();
  }

  #heading({ title, isNumber }: Column, index: number): HTMLElement {
    const sort = button(title, () => {
      const { sorting } = this.#choices;
      const descending = sorting?.column === index ? !sorting.descending : isNumber;
      this.#choose({ ...this.#choices, sorting: { column: index, descending } });
    });
    return el('th', { scope: 'col', class: isNumber ? 'number' : '' }, sort);
  }

  #choose(choices: PairChoices): void {
    this.#choices = choices;
    this.#onChange(choices);
    this.#drawRows();
  }

  #drawRows(): void {
    const { filter, sorting } = this.#choices;
    for (const [index, heading] of Array.from(this.#head.children).entries()) {
      if (sorting?.column !== index) heading.removeAttribute('aria-sort');
      else heading.setAttribute('aria-sort', sorting.descending ? 'descending' : 'ascending');
    }
    const rows = shownRows(this.#pairs, filter, sorting);
    this.#count.textContent =
      filter.trim() === '' ? '' : l10n.t('{0} of {1} pairs', rows.length, this.#pairs.length);
    this.#body.replaceChildren(
      ...rows.map((row) => el('tr', {}, ...row.map((cell, index) => this.#cell(cell.text, index)))),
    );
  }

  #cell(text: string, index: number): HTMLElement {
    if (index === 0) return el('th', { scope: 'row' }, text);
    return el('td', { class: this.#columns[index]?.isNumber === true ? 'number' : '' }, text);
  }
}
