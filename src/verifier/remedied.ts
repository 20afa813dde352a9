import type { Diagnosis } from './diagnose.ts';
import type { Finding } from './finding.ts';

/**
 * The errors of a source that are gone once it is built otherwise: a program that is accepted then, or a line that compiles.
 * @returns none where less compiles or is accepted than before.
 */
export function remedied(before: Diagnosis, after: Diagnosis): readonly Finding[] {
  const accepted = ({ programs }: Diagnosis) =>
    programs.filter(({ verdict }) => verdict === 'accepted').map(({ name }) => name);
  const now = new Set(accepted(after));
  if (!accepted(before).every((name) => now.has(name))) return [];
  if (before.programs.length > 0 && after.programs.length === 0) return [];
  const left = new Set(after.findings.filter(isError).map(placeOf));
  return before.findings.filter(
    (one) =>
      isError(one) && (one.program === undefined ? !left.has(placeOf(one)) : now.has(one.program)),
  );
}

const isError = ({ severity }: Finding): boolean => severity === 'error';
const placeOf = ({ from, place: { file, line } }: Finding): string => [from, file, line].join('\n');
