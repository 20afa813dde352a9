import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { MAX_SLOWDOWN_PERCENT } from '../results/compare.ts';
import { EXIT, exitOf, regressionCheck } from '../results/regressionCheck.ts';
import { regressionLines } from '../results/words/regressionCheck.ts';
import { PROFILES } from '../results/plan.ts';
import { runBenchmark } from '../bench/run.ts';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { agreeToHost } from '../ui/consent.ts';
import { timeLabel } from '../ui/duration.ts';
import { readDocument } from '../ui/pickDocument.ts';
import { readPlan } from '../ui/planForm.ts';
import { cgroupArgument, readArgument } from './arguments.ts';
import { benchSource, profileSchema, progressLine, ResultFile } from './runBenchmark.ts';

/** What package.json contributes as the task type `sockmap-bench`. */
const definition = cgroupArgument.extend({
  type: z.string(),
  profile: profileSchema.optional(),
  plan: z.string().min(1).optional(),
  baseline: z.string().min(1).optional(),
  maxSlowdown: z.number().min(0).max(100).default(MAX_SLOWDOWN_PERCENT),
});

/**
 * Runs a benchmark as a task does, and compares it with a saved run where the task names one. Where
 * no bypass serves the cgroup, the run loads the bundled one for itself.
 * @param say shows a line to whoever reads the task's output.
 * @returns the exit code: 0, 1 when it could not be measured, 2 when the bypass got slower.
 */
export async function runBenchmarkTask(
  context: Context,
  given: unknown,
  folder: vscode.Uri | undefined,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  try {
    const wanted = readArgument(definition, given);
    if (wanted === undefined) throw new RangeError('a task without a definition');
    const { host, cgroup, profile = 'quick', plan, baseline, maxSlowdown } = wanted;
    await agreeToHost(context, { host, cgroup, by: 'The task' });
    const file = (name: string) => vscode.Uri.file(path.resolve(folder?.fsPath ?? '', name));
    const before = baseline === undefined ? undefined : await readDocument(file(baseline));
    using result = new ResultFile(context);
    const measured = plan === undefined ? profile : await readPlan(file(plan));
    const whole = typeof measured === 'string' ? PROFILES[measured]('guarded') : measured;
    say(`Plan ${whole.name} on ${host}: ${timeLabel(whole)}.`);
    const document = await runBenchmark(await context.host(host), {
      ...benchSource(context),
      ...{ cgroup, signal, loadMissing: true, baselineId: before?.id },
      plan: measured,
      save: (document) => result.save(document),
      onProgress: (progress) => {
        say(progressLine(progress));
      },
    });
    say(`Result: ${result.uri?.fsPath ?? ''}`);
    if (before === undefined) return EXIT.good;
    const check = regressionCheck(before, document, maxSlowdown);
    regressionLines(check).forEach(say);
    return exitOf(check);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    if (error instanceof HostError) error.problem.words.split('\n').forEach(say);
    return EXIT.failed;
  }
}
