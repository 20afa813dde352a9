import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { planSchema, type ResultDocument } from '../bench/document.ts';
import { runBenchmark } from '../bench/run.ts';
import { documentFileName, writeDocument } from '../bench/store.ts';
import { ARM_LABELS } from '../bench/summary.ts';
import type { Context } from '../context.ts';
import { isCancelled } from '../host/errors.ts';
import { pickAttachment, pickHost } from '../views/pickers.ts';
import { withProgress } from '../views/progress.ts';
import { cgroupArgument, readArgument } from './arguments.ts';

const benchmarkArgument = cgroupArgument.extend({
  profile: z.union([z.literal('quick'), planSchema]).default('quick'),
});

/**
 * Run netperf benchmark.
 * @returns the result document, which opens as a chart panel with the first sample and stays when
 *   the run is cancelled.
 */
export async function runBenchmarkCommand(
  context: Context,
  argument: unknown,
): Promise<vscode.Uri | undefined> {
  const wanted = readArgument(benchmarkArgument, argument) ?? (await ask(context));
  if (wanted === undefined) return undefined;
  const { host, cgroup, profile } = wanted;
  let file: vscode.Uri | undefined;
  const save = async (document: ResultDocument): Promise<void> => {
    file ??= await newFile(context, document);
    await writeDocument(file.fsPath, document);
    // Not as a preview: the next file a person looks at would take the place of the run.
    if (document.samples.length === 0) {
      await vscode.commands.executeCommand('vscode.open', file, { preview: false });
    }
  };
  try {
    await withProgress(`Benchmark on ${host}`, async (report, signal) => {
      report('preparing');
      return runBenchmark(await context.host(host), {
        cgroup,
        plan: profile,
        signal,
        save,
        onProgress: ({ done, total, arm, point, secondsLeft }) => {
          report(
            `${ARM_LABELS[arm]}, ${point} (${done + 1} of ${total}, ${duration(secondsLeft)} left)`,
            100 / total,
          );
        },
      });
    });
  } catch (error) {
    if (!isCancelled(error) || file === undefined) throw error;
    void vscode.window.showInformationMessage(
      `The benchmark was cancelled. What was measured is kept in ${path.basename(file.fsPath)}.`,
    );
  }
  return file;
}

async function ask(context: Context): Promise<z.infer<typeof benchmarkArgument> | undefined> {
  const host = await pickHost(context, 'Run netperf benchmark');
  if (host === undefined) return undefined;
  const cgroup = await pickAttachment(context, host, 'Run netperf benchmark');
  return cgroup === undefined ? undefined : { host, cgroup, profile: 'quick' };
}

/** In the workspace's first folder, where a person finds it; without one, in our own storage. */
async function newFile(context: Context, document: ResultDocument): Promise<vscode.Uri> {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  const directory =
    folder?.uri ?? vscode.Uri.joinPath(context.extension.globalStorageUri, 'results');
  await mkdir(directory.fsPath, { recursive: true });
  return vscode.Uri.joinPath(directory, documentFileName(document));
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 90 ? `${whole} s` : `${Math.ceil(whole / 60)} min`;
}
