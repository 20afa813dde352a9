import { parseLog, type Step } from './log.ts';

/** The rest of a longer log is not looked at: an instruction is seen first early on. */
const READ = 64 * 1024 * 1024;

/**
 * A log with the states of a program that the verifier walks over many times, brought to one line an
 * instruction: what it knew when it came there first, and how often it came.
 * @param at gives the source of an instruction where the log does not.
 */
export function condense(
  log: string,
  at?: (instruction: number) => { file: string; line: number; text: string } | undefined,
): string {
  const visits = new Map<number, { readonly first: Step; count: number }>();
  for (const step of parseLog(log.slice(0, READ), READ).steps) {
    const seen = visits.get(step.instruction);
    if (seen === undefined) visits.set(step.instruction, { first: step, count: 1 });
    else seen.count++;
  }
  let above = '';
  return Array.from(visits.values())
    .sort((a, b) => a.first.instruction - b.first.instruction)
    .flatMap(({ first: { instruction, code, text, state, source }, count }) => {
      const known = at?.(instruction) ?? source;
      const line =
        known?.line === undefined || known.line === 0
          ? above
          : `; ${known.text.trim()} @ ${(known.file ?? '').replace(/^.*\//, '')}:${known.line}`;
      const heading = line === above ? [] : [line];
      above = line;
      const visited = count === 1 ? '' : ` (${count.toLocaleString('en')} times)`;
      const after =
        state === undefined ? '' : `${' '.repeat(Math.max(1, 40 - text.length))}; ${state}`;
      return [...heading, `${instruction}: (${code}) ${text}${after}${visited}`];
    })
    .join('\n');
}
