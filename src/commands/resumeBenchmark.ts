import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { resumeBenchmark } from '../bench/run.ts';
import { runUnderWay } from '../bench/sites.ts';
import { readDocument } from '../bench/store.ts';
import type { Context } from '../context.ts';
import { cancelled, HostError } from '../host/errors.ts';
import { readArgument, uriArgument } from './arguments.ts';
import { agreeToWorkloads } from '../ui/agreesToWorkloads.ts';
import { agreeToHost } from '../ui/consent.ts';
import { pickDocument } from '../ui/pickDocument.ts';
import { withProgress } from '../ui/progress.ts';
import { benchSource, activeRun, RunRecorder, showRun } from './runBenchmark.ts';

const resumeArgument = z.object({ uri: uriArgument });

/**
 * Resume benchmark: completes the document of a run that was cut off.
 * @returns the document.
 */
export async function resumeBenchmarkCommand(
  context: Context,
  argument: unknown,
): Promise<vscode.Uri | undefined> {
  const wanted = readArgument(resumeArgument, argument);
  const uri = wanted === undefined ? await pickUnfinished() : wanted.uri;
  if (uri === undefined) return undefined;
  const tried = vscode.l10n.t('resume {0}', path.basename(uri.fsPath));
  const before = activeRun(uri);
  if (before?.isStopped === true) {
    const waiting = vscode.l10n.t('Waiting for the cancelled run to clean up');
    await withProgress(waiting, async (_report, signal) => {
      await before.ended;
      if (signal.aborted) throw cancelled(tried, vscode.l10n.t('this machine'));
    });
  } else if (before !== undefined) {
    throw new HostError({
      kind: 'occupied',
      tried,
      words: runUnderWay(),
      next: vscode.l10n.t('Wait for its end, or cancel it first.'),
    });
  }
  using file = new RunRecorder(context, uri);
  const document = await readDocument(uri.fsPath);
  const { name } = document.host;
  const by = path.basename(uri.fsPath);
  await agreeToHost(context, { host: name, cgroups: [document.cgroup], by });
  await agreeToWorkloads(context, { host: name, plan: document.plan, from: by });
  await showRun(name, file, async (options) =>
    resumeBenchmark(await context.host(name), document, {
      ...options,
      ...benchSource(context),
      reread: () => readDocument(uri.fsPath),
    }),
  );
  return uri;
}

const pickUnfinished = (): Promise<vscode.Uri | undefined> =>
  pickDocument({
    title: vscode.l10n.t('Resume benchmark'),
    placeholder: vscode.l10n.t('Choose an interrupted run'),
    accept: ({ finishedAt }) => finishedAt === undefined,
    fault: vscode.l10n.t('its run has finished'),
  });
