import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { MAX_SLOWDOWN_PERCENT } from '../results/compare.ts';
import { EXIT } from '../results/regressionCheck.ts';
import { outcomeOf, runCompared } from '../bench/comparedRun.ts';
import type { Context } from '../context.ts';
import { errorText } from '../host/errors.ts';
import { readPlan } from '../bench/planFile.ts';
import { agreeToWorkloads } from '../ui/agreesToWorkloads.ts';
import { agreeToHost } from '../ui/consent.ts';
import { cgroupArgument, readArgument } from './arguments.ts';
import { benchSource, profileSchema, RunRecorder } from './runBenchmark.ts';

/** The task type `sockmap-bench`, as package.json contributes it. */
const definition = cgroupArgument.extend({
  type: z.string(),
  profile: profileSchema.optional(),
  plan: z.string().min(1).optional(),
  baseline: z.string().min(1).optional(),
  maxSlowdown: z.number().min(0).max(100).default(MAX_SLOWDOWN_PERCENT),
});

/**
 * Runs a benchmark as a task does (`runCompared`).
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
    const { host, cgroup, plan, baseline } = wanted;
    await agreeToHost(context, { host, cgroups: [cgroup], by: vscode.l10n.t('The task') });
    const file = (name: string) => path.resolve(folder?.fsPath ?? '', name);
    const agreed = async (name: string) =>
      agreeToWorkloads(context, {
        host,
        from: vscode.l10n.t('The task'),
        plan: await readPlan(file(name)),
      });
    using result = new RunRecorder(context);
    const measured = {
      ...wanted,
      plan: plan === undefined ? undefined : await agreed(plan),
      baseline: baseline && file(baseline),
    };
    const { check } = await runCompared(await context.host(host), cgroup, measured, {
      ...benchSource(context),
      signal,
      onStep: say,
      save: (document) => result.save(document),
    });
    say(`Result: ${result.uri?.fsPath ?? ''}`);
    const { lines, exit } = outcomeOf(check);
    lines.forEach(say);
    return exit;
  } catch (error) {
    say(errorText(error));
    return EXIT.failed;
  }
}
