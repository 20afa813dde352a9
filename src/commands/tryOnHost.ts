import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { App } from '../app.ts';
import { runBenchmark } from '../bench/run.ts';
import { checkHost } from '../host/check.ts';
import { isCancelled } from '../host/errors.ts';
import { blocking, type HostIssue } from '../host/issues.ts';
import type { ResultDocument } from '../results/document.ts';
import { figuresOf } from '../results/figures.ts';
import { findingsOf } from '../results/findings.ts';
import { runsOf } from '../results/runs.ts';
import { findingText } from '../results/words/findingTexts.ts';
import { form } from '../ui/form.ts';
import { fixFinding } from '../ui/hostIssues.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { showInformation } from '../ui/window.ts';
import { readHostArgument, text } from './arguments.ts';
import { benchSource, profileArgument, RunRecorder, showRun } from './runBenchmark.ts';

const tryArgument = z.strictObject({
  host: text.optional(),
  profile: profileArgument.default('quick'),
});

/**
 * Try on a host: checks it, measures the bypass and TCP in cgroups that are made for the run, and takes
 * away all that it made and loaded there, however it ends. No service of the host is touched.
 * @returns the result document, which opens with the first sample; undefined where nothing was measured.
 */
export async function tryOnHost(app: App, argument: unknown): Promise<vscode.Uri | undefined> {
  const given = await readHostArgument(app, tryArgument, argument);
  const begun = await form(async () => {
    const name = given?.host ?? (await pickHost(app, vscode.l10n.t('Try on a host'), argument));
    return name === undefined ? undefined : { name, next: await fixNext(app, name) };
  });
  if (begun === undefined || !(await isReady(app, begun))) return undefined;
  const { name } = begun;
  using file = new RunRecorder(app);
  const document = await showRun(name, file, async (options) =>
    runBenchmark(await app.host(name), {
      ...options,
      ...benchSource(app),
      cgroup: undefined,
      plan: given?.profile ?? 'quick',
    }),
  );
  if (document !== undefined) void announce(name, document);
  return file.uri;
}

type NextFix = HostIssue | 'ready' | undefined;

/** Looks at the host; a person chooses what to fix first, if anything is to be fixed. */
async function fixNext(app: App, name: string): Promise<NextFix> {
  const check = await look(app, name);
  const [worst] = blocking(check.findings, 'benchmark');
  return worst === undefined ? 'ready' : fixFinding(app, name, check, 'benchmark');
}

/** Checks the host as often as it takes: a person fixes one thing after the other, or gives up. */
async function isReady(
  app: App,
  { name, next }: { readonly name: string; readonly next: NextFix },
): Promise<boolean> {
  for (let fix = next; fix !== 'ready'; fix = await fixNext(app, name)) {
    if (fix === undefined || !(await becomesFixed(app, name, fix))) return false;
  }
  return true;
}

const look = (app: App, name: string) =>
  withProgress(vscode.l10n.t('Checking {0}', name), async (_report, signal) =>
    checkHost(await app.host(name), signal),
  );

/** Between two looks at a host on which a person fixes something in a terminal. */
const LOOK_MS = 2000;

/** Waits for the end of what runs in the terminal; @returns false where the person does not want to. */
async function becomesFixed(app: App, name: string, finding: HostIssue): Promise<boolean> {
  const title = vscode.l10n.t('Waiting for the fix in the terminal on {0}', name);
  try {
    await withProgress(title, async (report, signal) => {
      report(vscode.l10n.t('{0} The trial goes on by itself.', finding.wrong));
      const host = await app.host(name);
      for (;;) {
        const { findings } = await checkHost(host, signal);
        if (!findings.some(({ id }) => id === finding.id)) return;
        // The next look finds that it was cancelled.
        await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
      }
    });
    return true;
  } catch (error) {
    if (isCancelled(error)) return false;
    throw error;
  }
}

/** The verdict, and where it is good the step from a trial to what stays. */
async function announce(name: string, document: ResultDocument): Promise<void> {
  const runs = runsOf([document]);
  const [finding] = findingsOf(figuresOf(runs), runs).overview.flat();
  const [verdict = ''] = finding === undefined ? [] : findingText(finding);
  const isFaster = finding?.kind === 'recommendation' && finding.verdict === 'faster';
  const load = vscode.l10n.t('Load on a Cgroup…');
  const chosen = await showInformation(
    vscode.l10n.t('{0} Nothing of the trial is left on {1}.', verdict, name),
    ...(isFaster ? [load] : []),
  );
  if (chosen === load) await vscode.commands.executeCommand('sockmapBypass.load');
}
