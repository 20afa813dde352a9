import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { progressOf } from '../bench/progress.ts';
import { resumeBenchmark } from '../bench/run.ts';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { readArgument, uriArgument } from './arguments.ts';
import { pickDocument, readDocument } from '../views/pickDocument.ts';
import { benchSource, isActive, ResultFile, showRun } from './runBenchmark.ts';

const resumeArgument = z.object({
  uri: uriArgument,
  /** Go on, without asking, also where the run seems to be under way elsewhere. */
  takeOver: z.boolean().default(false),
});

/**
 * Resume benchmark: completes the document of a run that was cut off.
 * @returns the document; undefined where the person left it alone.
 */
export async function resumeBenchmarkCommand(
  context: Context,
  argument: unknown,
): Promise<vscode.Uri | undefined> {
  const given = readArgument(resumeArgument, argument);
  const uri = given?.uri ?? (await pickUnfinished());
  if (uri === undefined) return undefined;
  if (isActive(uri)) throw underWay(uri, 'this window', 'Wait for its end, or cancel it first.');
  using file = new ResultFile(context, uri);
  const document = await readDocument(uri);
  if (
    given?.takeOver !== true &&
    progressOf(document, Date.now()).state === 'running' &&
    !(await takesOver(uri, given === undefined))
  ) {
    return undefined;
  }
  const { name } = document.host;
  await showRun(name, file, async (options) =>
    resumeBenchmark(await context.host(name), document, { ...options, ...benchSource(context) }),
  );
  return uri;
}

/**
 * Two writers would each throw away what the other measures, and measure each other. Only a person
 * can know that the other one is gone, as after a crash.
 */
async function takesOver(uri: vscode.Uri, interactive: boolean): Promise<boolean> {
  if (!interactive) {
    throw underWay(
      uri,
      'another window or process',
      'Wait for its end; if it was cut off a moment ago, run "Sockmap: Resume benchmark" from the palette.',
    );
  }
  const resume = 'Resume Anyway';
  const chosen = await vscode.window.showWarningMessage(
    `${path.basename(uri.fsPath)} may be measured in another window or process now.`,
    {
      modal: true,
      detail:
        'Its last sample is so recent that the run may still be under way. Two runs would disturb each other and overwrite each other’s samples. Resume only if you know that the other one has ended.',
    },
    resume,
  );
  return chosen === resume;
}

const underWay = (uri: vscode.Uri, where: string, next: string): HostError =>
  new HostError({
    kind: 'occupied',
    tried: `resume ${path.basename(uri.fsPath)}`,
    ...{ where, next },
    words: 'its run is still under way',
  });

const pickUnfinished = (): Promise<vscode.Uri | undefined> =>
  pickDocument({
    title: 'Resume benchmark',
    placeholder: 'Choose a run that was cut off',
    accept: ({ finishedAt }) => finishedAt === undefined,
    fault: 'its run has finished',
  });
