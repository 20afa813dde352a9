import * as l10n from '@vscode/l10n';
import { oneLine } from '../text.ts';
import { MOST_PROGRAMS } from './baseline.ts';
import type { Figure, FigureSet, ProgramFigures } from './figures.ts';

/** Columns of veristat's CSV with the figures they hold; its other columns are let be. */
const COLUMNS: readonly (readonly [column: string, figure: Figure])[] = [
  ['duration', 'microseconds'],
  ['total_insns', 'processed'],
  ['total_states', 'states'],
  ['peak_states', 'peakStates'],
  ['prog_size', 'instructions'],
  ['stack_depth', 'stack'],
];
const [FILE, PROGRAM, VERDICT] = ['file_name', 'prog_name', 'verdict'];

/**
 * Reads the CSV that the kernel's `veristat` writes with `-o csv`. Its text may be hostile.
 * @param source the file whose programs are wanted: `a.bpf.c` has them under `a.bpf.o`. Where all rows are of one
 * object, it may have any name.
 * @throws Error naming the row, from 1, and its fault.
 */
export function parseVeristat(text: string, source: string): FigureSet {
  const [head = '', ...rows] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const columns = head.split(',');
  const missing = [FILE, PROGRAM, VERDICT].find((name) => !columns.includes(name));
  if (missing !== undefined) {
    throw new Error(
      l10n.t('not the CSV of veristat, nor a baseline of ours: it has no column {0}', missing),
    );
  }
  const filled = rows.flatMap((row, index) => (row === '' ? [] : [{ row, number: index + 2 }]));
  if (filled.length > MOST_PROGRAMS) {
    throw new Error(l10n.t('it has more than {0} programs', MOST_PROGRAMS));
  }
  const read = filled.map(({ row, number }) => readRow(columns, row.split(','), number));
  const files = new Set(read.map(({ file }) => file));
  const wanted = stemOf(source);
  const own = read.filter(({ file }) => stemOf(file) === wanted);
  if (own.length === 0 && files.size > 1) {
    const names = oneLine(Array.from(files).slice(0, 5).join(', '));
    throw new Error(l10n.t('it has no program of {0}, but of {1}', source, names));
  }
  const programs = new Map<string, ProgramFigures>();
  for (const { file, number, program } of own.length === 0 ? read : own) {
    if (programs.has(program.name)) {
      throw fault(number, l10n.t('{0} of {1} appears twice', program.name, file));
    }
    programs.set(program.name, program);
  }
  return {
    schema: 1,
    file: own[0]?.file ?? read[0]?.file ?? source,
    programs: Array.from(programs.values()),
  };
}

function readRow(
  columns: readonly string[],
  cells: readonly string[],
  number: number,
): { file: string; number: number; program: ProgramFigures } {
  if (cells.length !== columns.length) {
    const words = l10n.t('{0} columns, not the {1} of the first row', cells.length, columns.length);
    throw fault(number, words);
  }
  const cell = (column: string): string | undefined => cells[columns.indexOf(column)];
  const [file = '', name = '', told = ''] = [FILE, PROGRAM, VERDICT].map((one) => cell(one));
  const verdict = told === 'success' ? 'accepted' : told === 'failure' ? 'rejected' : undefined;
  if (name === '' || name.length > 500) throw fault(number, l10n.t('no name of a program'));
  if (verdict === undefined) {
    throw fault(number, l10n.t('the verdict is success or failure, not {0}', oneLine(told, 100)));
  }
  const figures = COLUMNS.flatMap(([column, figure]) => {
    const value = cell(column);
    if (value === undefined) return [];
    if (/^\d{1,15}$/.test(value)) return [[figure, Number(value)] as const];
    throw fault(number, l10n.t('{0} is not a number: {1}', column, oneLine(value, 100)));
  });
  return { file, number, program: { name, verdict, ...Object.fromEntries(figures) } };
}

const fault = (number: number, words: string): Error =>
  new Error(l10n.t('row {0}: {1}', number, words));

/** `src/a.bpf.c`, `a.bpf.o` and `a.o` are of one program. */
const stemOf = (file: string): string =>
  file.replace(/^.*[/\\]/, '').replace(/(?:\.bpf)?\.[co]$/, '');

/** The same figures as CSV for veristat, which takes no empty cell, and a row for each program. */
export function veristatText({ file, programs }: FigureSet): string {
  const known = COLUMNS.filter(([, figure]) => programs.some((one) => one[figure] !== undefined));
  const name = file.replace(/^.*[/\\]/, '').replace(/[,\s]/g, '_');
  const rows = programs.map((one) => [
    name,
    one.name.replace(/[,\s]/g, '_'),
    one.verdict === 'accepted' ? 'success' : 'failure',
    ...known.map(([, figure]) => String(one[figure] ?? 0)),
  ]);
  return [[FILE, PROGRAM, VERDICT, ...known.map(([column]) => column)], ...rows, []]
    .map((cells) => cells.join(','))
    .join('\n');
}
