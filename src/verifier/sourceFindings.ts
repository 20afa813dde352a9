import { SourceError } from '../bypass/source.ts';
import { HostError } from '../host/errors.ts';
import type { Finding } from './diagnose.ts';

/**
 * The faults of a source, as opposed to faults in asking for it; undefined: something else failed.
 * @param entry the source, which stands for what names no file.
 */
export function sourceFindings(error: unknown, entry: string): Finding[] | undefined {
  if (!(error instanceof HostError)) return undefined;
  const { kind, words, next } = error.problem;
  const at = (file: string, line: number, what: string): Finding => ({
    place: { file, line, column: 0, endColumn: 1000 },
    severity: 'error',
    from: 'clang',
    message: `${what}\n${next}`,
    related: [],
    explanation: undefined,
    why: undefined,
    fix: next,
    program: undefined,
  });
  if (error instanceof SourceError) {
    return error.refused.map(({ file, line, wrong }) => at(file, line - 1, wrong));
  }
  return kind === 'compile' ? [at(entry, 0, words)] : undefined;
}
