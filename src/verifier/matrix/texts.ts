import * as l10n from '@vscode/l10n';
import { csvText, markdownText } from '../../text.ts';
import { cellAt, type CellView, type MatrixView } from './protocol.ts';

/** A Markdown table: a row for each program, a column for each host. */
export function matrixMarkdown(view: MatrixView): string {
  const head = [
    l10n.t('Source'),
    l10n.t('Program'),
    ...view.hosts.map(({ name, kernel }) =>
      [name, kernel && `Linux ${kernel}`].filter(Boolean).join(', '),
    ),
  ];
  const rows = rowsOf(view).map(({ source, program, cells }) => [
    source,
    program,
    ...cells.map(cellText),
  ]);
  return [head, head.map(() => '---'), ...rows]
    .map((cells, index) => `| ${cells.map(index === 1 ? String : markdownText).join(' | ')} |\n`)
    .join('');
}

/** CSV: a row for each program on each host. */
export function matrixCsv(view: MatrixView): string {
  const head = ['source', 'program', 'section', 'host', 'kernel', 'verdict', 'place', 'detail'];
  const rows = rowsOf(view).flatMap(({ source, program, section, cells }) =>
    view.hosts.map(({ name, kernel }, index) => {
      const { state = 'unrun', place = '', detail = '' } = cells[index] ?? {};
      return [source, program, section, name, kernel, state, place, detail];
    }),
  );
  return csvText([head, ...rows]);
}

const rowsOf = ({ sources }: MatrixView) =>
  sources.flatMap(({ name: source, programs, columns }) =>
    programs.map(({ name: program, section }, row) => ({
      source,
      program,
      section,
      cells: columns.flatMap((cells) => cellAt(cells, row) ?? []),
    })),
  );

const cellText = ({ state, words, place, detail }: CellView): string =>
  [words, state === 'accepted' ? '' : place, detail]
    .filter((one) => one !== '' && one !== undefined)
    .join(', ');
