import path from 'node:path';
import type { Diagnosis, Place } from '../verifier/diagnose.ts';
import { matrixOf, type Cell } from '../verifier/matrix.ts';

/** The name of a place's file, for the person. */
type Shown = (place: Place) => string;

/** @param root of the source; headers of the host are absolute. */
export const shownBelow =
  (root: string): Shown =>
  ({ file }) =>
    path.posix.isAbsolute(file) ? file : path.relative('', path.join(root, file));

/** Findings in clang's form, then the programs. */
export function diagnosisText({ findings, programs, kernel }: Diagnosis, shown: Shown): string {
  const at = (place: Place) => `${shown(place)}:${place.line + 1}:${place.column + 1}`;
  // The first line is what parsers of clang's form read; the explanation follows it.
  const lines = findings.flatMap(({ place, severity, message, from, related }) => {
    const [what = '', ...why] = message.split('\n');
    return [
      `${at(place)}: ${severity}: ${what} [${from}]`,
      ...why.map((line) => `    ${line}`),
      ...related.map((one) => `${at(one.place)}: note: ${one.message}`),
    ];
  });
  const reports = programs.map(({ name, section, verdict, instructions, statistics }) => {
    const size = instructions === undefined ? '' : `, ${instructions} instructions`;
    const work = statistics === undefined ? '' : `, ${statistics.processed} processed`;
    return `${name} (${section}): ${verdict} by Linux ${kernel}${size}${work}`;
  });
  return [...lines, ...reports, ''].join('\n');
}

/** The answers of several hosts: of each its findings and programs, then a table of programs and hosts. */
export function matrixText(diagnoses: readonly Diagnosis[], shown: Shown): string {
  const { hosts, rows } = matrixOf(diagnoses);
  const table = [
    ['', ...hosts.map(({ host }) => host)],
    ['', ...hosts.map(({ kernel }) => (kernel === '' ? '' : `Linux ${kernel}`))],
    ...rows.map(({ program, cells }) => [program, ...cells.map((cell) => cellText(cell, shown))]),
  ];
  const widths = ['', ...hosts].map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  return [
    ...diagnoses.map((one) => `${one.host}:\n${diagnosisText(one, shown)}`),
    ...table.map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    '',
  ].join('\n');
}

const VERDICTS: Readonly<Record<Cell['verdict'], string>> = {
  accepted: 'accepted',
  rejected: 'rejected',
  failed: 'failed',
  uncompiled: 'does not compile',
  none: '-',
};

function cellText({ verdict, processed, place }: Cell, shown: Shown): string {
  const words = VERDICTS[verdict];
  if (verdict === 'accepted')
    return processed === undefined
      ? words
      : `${words}, ${processed.toLocaleString('en')} processed`;
  return place === undefined ? words : `${words}, ${shown(place)}:${place.line + 1}`;
}
