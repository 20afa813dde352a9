import path from 'node:path';
import type { BpfSource } from '../bypass/build.ts';
import { editorColumn, linesOf } from './text.ts';

/** One line of the compiler. Lines and columns from 1; columns as editors count them. */
export interface ClangMessage {
  /** Without the `..` of an include. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where what it is about ends, on the same line; exclusive. */
  readonly endColumn: number | undefined;
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly notes: readonly ClangMessage[];
}

/** Numbers are bounded, so that they are finite. */
const LINE =
  /^(?<file>[^:]+):(?<line>\d{1,7}):(?<column>\d{1,7}):(?<ranges>(?:\{[\d:-]+\})*):? (?<kind>fatal error|error|warning|note): (?<message>.*)$/;

/**
 * Reads clang's words with `-fno-caret-diagnostics -fdiagnostics-print-source-range-info`.
 * @param files those that were compiled: clang counts bytes where editors count characters.
 */
export function parseClang(text: string, files: BpfSource['files']): ClangMessage[] {
  const found: (ClangMessage & { notes: ClangMessage[] })[] = [];
  const texts = new Map<string, string[]>();
  for (const words of text.split('\n')) {
    const { groups } = LINE.exec(words) ?? {};
    if (groups === undefined) continue;
    const file = path.posix.normalize(groups['file'] ?? '');
    const lines = texts.get(file) ?? linesOf(files.get(file));
    texts.set(file, lines);
    const [line, column] = [Number(groups['line']), Number(groups['column'])];
    const end = endColumn(groups['ranges'] ?? '', line, column);
    const there = lines[line - 1] ?? '';
    const kind = groups['kind'] ?? '';
    const message = {
      file,
      line,
      column: editorColumn(there, column - 1) + 1,
      endColumn: end === undefined ? undefined : editorColumn(there, end - 1) + 1,
      severity: kind.endsWith('error') ? 'error' : kind === 'note' ? 'note' : 'warning',
      message: groups['message'] ?? '',
      notes: [] as ClangMessage[],
    } as const;
    const last = found.at(-1);
    if (message.severity === 'note' && last !== undefined) last.notes.push(message);
    else found.push(message);
  }
  return found;
}

/** `{12:5-12:9}{12:14-12:20}`: the first range that the position is in, or that begins there. */
function endColumn(ranges: string, line: number, column: number): number | undefined {
  for (const match of ranges.matchAll(/\{(\d{1,7}):(\d{1,7})-(\d{1,7}):(\d{1,7})\}/g)) {
    const [startLine = 0, start = 0, endLine = 0, end = 0] = match.slice(1).map(Number);
    if (startLine === line && endLine === line && start <= column && end > column) return end;
  }
  return undefined;
}
