import * as l10n from '@vscode/l10n';
import type { Plan, ResultDocument } from '../results/document.ts';
import { durationLabel, timeLabel } from '../results/duration.ts';
import { ARM_LABELS } from '../results/arms.ts';
import { PROFILES, type Profile } from '../results/plan.ts';
import { EXIT, exitOf, regressionCheck, type RegressionCheck } from '../results/regressionCheck.ts';
import { regressionLines } from '../results/words/regressionLines.ts';
import type { Host } from '../host/host.ts';
import { resumeBenchmark, runBenchmark, type BenchOptions, type BenchProgress } from './run.ts';
import { readDocument } from './store.ts';

/** A request of a task, or of the command line. Files are local paths. */
export interface ComparedRun {
  readonly profile?: Profile | undefined;
  /** Instead of a profile; whoever calls has agreed to its commands. */
  readonly plan?: Plan | undefined;
  /** A saved run that this one is compared with. */
  readonly baseline?: string | undefined;
  /** Percent that the bypass may be slower than in it. */
  readonly maxSlowdown?: number | undefined;
}

type RunOptions = Pick<BenchOptions, 'source' | 'limits' | 'calledAs' | 'signal' | 'save'> & {
  /** Given a line about what is being done. */
  readonly onStep: (line: string) => void;
};

export interface Compared {
  readonly document: ResultDocument;
  /** Undefined where no saved run is named. */
  readonly check: RegressionCheck | undefined;
}

/**
 * Runs a benchmark, and compares it with a saved run where one is named. Where no bypass serves the cgroup,
 * the run loads the bundled one for itself.
 * @param cgroup where to measure; undefined: in one that is made for the run.
 * @throws HostError
 */
export async function runCompared(
  host: Host,
  cgroup: string | undefined,
  wanted: ComparedRun,
  options: RunOptions,
): Promise<Compared> {
  const { profile = 'quick', baseline, maxSlowdown } = wanted;
  const before = await readBaseline(baseline);
  const plan = wanted.plan ?? profile;
  const whole = typeof plan === 'string' ? PROFILES[plan]('guarded') : plan;
  options.onStep(l10n.t('Plan {0} on {1}: {2}.', whole.name, host.name, timeLabel(whole)));
  const baselineId = before?.id;
  const document = await runBenchmark(host, {
    ...benchOptions(options),
    cgroup,
    plan,
    baselineId,
  });
  return compared(before, document, maxSlowdown);
}

/**
 * Completes the document of a run that was cut off, likewise (`resumeBenchmark`).
 * @param cut the document, to whose commands whoever calls has agreed, and its local path.
 * @throws HostError
 */
export async function resumeCompared(
  host: Host,
  { document, file }: { readonly document: ResultDocument; readonly file: string },
  { baseline, maxSlowdown }: Pick<ComparedRun, 'baseline' | 'maxSlowdown'>,
  options: RunOptions,
): Promise<Compared> {
  const before = await readBaseline(baseline);
  options.onStep(
    l10n.t('Resuming plan {0} on {1}, in {2}.', document.plan.name, host.name, document.cgroup),
  );
  const whole = await resumeBenchmark(host, document, {
    ...benchOptions(options),
    reread: () => readDocument(file),
  });
  return compared(before, whole, maxSlowdown);
}

const readBaseline = async (file: string | undefined) =>
  file === undefined ? undefined : readDocument(file);

const benchOptions = ({ onStep, source, limits, calledAs, signal, save }: RunOptions) => ({
  source,
  limits,
  calledAs,
  signal,
  save,
  loadMissing: true,
  onProgress: (progress: BenchProgress) => {
    onStep(progressLine(progress));
  },
});

const compared = (
  before: ResultDocument | undefined,
  document: ResultDocument,
  maxSlowdown: number | undefined,
): Compared => ({
  document,
  check: before && regressionCheck(before, document, maxSlowdown),
});

/** The check in lines, and its exit status. */
export const outcomeOf = (check: RegressionCheck | undefined): { lines: string[]; exit: number } =>
  check === undefined
    ? { lines: [], exit: EXIT.good }
    : { lines: regressionLines(check), exit: exitOf(check) };

/** "TCP, round trip, 64 B / 64 B (1 of 6, 12 s left)". */
export const progressLine = ({ done, total, arm, point, secondsLeft }: BenchProgress): string =>
  l10n.t(
    '{0}, {1} ({2} of {3}, {4} left)',
    ARM_LABELS[arm],
    point,
    done + 1,
    total,
    durationLabel(secondsLeft),
  );
