import { compareDocuments, doubtWords, regressions, untold } from './compare.ts';
import { changeLabel, stalled } from './compareReport.ts';
import type { ResultDocument } from './document.ts';
import { ARM_LABELS } from './arms.ts';
import { sizeLabel } from './sizes.ts';

/** Exit codes of a run that is compared with a saved one: `failed` means that nothing could be told. */
export const EXIT = { good: 0, failed: 1, worse: 2 } as const;

/**
 * Compares a run with a saved one, rate by rate.
 * @param maxSlowdown in percent, see `regressions`.
 * @param say shows a line to whoever reads the output.
 * @returns the exit code.
 */
export function regressionCheck(
  before: ResultDocument,
  after: ResultDocument,
  maxSlowdown: number,
  say: (line: string) => void,
): (typeof EXIT)[keyof typeof EXIT] {
  const comparison = compareDocuments(before, after);
  comparison.notes.forEach(say);
  const rates = comparison.differences.filter(({ figure }) => figure === 'rate');
  const worse = regressions(comparison, maxSlowdown);
  for (const one of rates) {
    const { size, arm, ratio, verdict } = one;
    const mark = worse.includes(one) ? 'WORSE' : verdict;
    const kind = size.experiment === 'throughput' ? 'throughput' : 'round trip';
    const own = ratio ? `${changeLabel(ratio)} against the saved run` : '';
    const relative = one.againstTcp ? `, its ratio to TCP ${changeLabel(one.againstTcp)}` : '';
    const change = [`${own}${relative}`, ...stalled(one), doubtWords(one)];
    say(
      `${mark}: ${ARM_LABELS[arm]}, ${kind}, ${sizeLabel(size)}: ${change.filter((words) => words !== '').join('; ')}`,
    );
  }
  if (worse.length > 0) {
    say(
      `${worse.length} figures of the bypass are more than ${maxSlowdown}% slower than in the saved run.`,
    );
    return EXIT.worse;
  }
  const open = untold(before, after, comparison);
  if (open.length > 0) {
    open.forEach(say);
    say('Whether the bypass got slower cannot be told.');
    return EXIT.failed;
  }
  say(
    `No figure of the bypass is more than ${maxSlowdown}% slower than in the saved run for sure.`,
  );
  return EXIT.good;
}
