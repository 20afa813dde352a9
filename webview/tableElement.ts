import type { Figure } from '../src/results/figure.ts';
import { tableOf } from '../src/results/pointsTable.ts';
import { el } from './dom.ts';

/** The chart as numbers: a body for each size, headed by the size; a row for each series. */
export function tableElement(figure: Figure): HTMLElement {
  const { caption, columns, groups } = tableOf(figure);
  const bodies = groups.map(({ size, rows }) => {
    const cells = rows.map(({ arm, label, cells: texts }, index) =>
      el(
        'tr',
        { 'data-arm': arm },
        index === 0 ? el('th', { scope: 'rowgroup', rowspan: rows.length }, size) : undefined,
        el('th', { scope: 'row' }, label),
        ...texts.map((text) => el('td', {}, text)),
      ),
    );
    return el('tbody', {}, ...cells);
  });
  return el(
    'table',
    { id: 'table' },
    el('caption', {}, caption),
    el('thead', {}, el('tr', {}, ...columns.map((title) => el('th', { scope: 'col' }, title)))),
    ...bodies,
  );
}
