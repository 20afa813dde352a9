import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { withoutEmpty } from '../results/annotate.ts';
import {
  planSchema,
  type Annotation,
  type Plan,
  type ResultDocument,
} from '../results/document.ts';
import { durationLabel } from '../results/duration.ts';
import { PROFILES, type Profile } from '../results/plan.ts';
import { progressLine } from '../bench/comparedRun.ts';
import { runBenchmark, type BenchOptions } from '../bench/run.ts';
import { documentFileName, writeDocument } from '../bench/store.ts';
import { readSource } from '../bypass/source.ts';
import type { Context } from '../context.ts';
import { isCancelled } from '../host/errors.ts';
import { agreeToWorkloads } from '../ui/agreesToWorkloads.ts';
import { form } from '../ui/form.ts';
import { pickMeasured } from '../ui/pickBypass.ts';
import { pickHost } from '../ui/pickers.ts';
import { Pointed } from '../ui/pointed.ts';
import { pickPlan } from '../ui/planForm.ts';
import { withProgress } from '../ui/progress.ts';
import { showInformation } from '../ui/window.ts';
import { askWorkload } from '../ui/workloadForm.ts';
import { cgroupArgument, hostArgument, readHostArgument } from './arguments.ts';
import { readLimits } from '../workspace/checkedSettings.ts';
import { newResultsFolder } from '../workspace/resultsFolder.ts';

export const profileSchema = z.enum(Object.keys(PROFILES) as Profile[]);

export const profileArgument = z.union([profileSchema, planSchema]);

const benchmarkArgument = cgroupArgument.extend({ profile: profileArgument.default('quick') });

const TITLE = vscode.l10n.t('Run netperf benchmark');

/**
 * Run netperf benchmark.
 * @returns the result document, which opens as a chart panel with the first sample and stays when
 *   the run is cancelled.
 */
export async function runBenchmarkCommand(
  context: Context,
  argument: unknown,
): Promise<vscode.Uri | undefined> {
  const given = await readHostArgument(context, benchmarkArgument, argument);
  const wanted =
    given === undefined
      ? await form(() => ask(context, argument, TITLE, pickPlan))
      : { ...given, profile: await agreed(context, given.host, given.profile) };
  return wanted && run(context, wanted);
}

/**
 * Benchmark own workload: the same, of a plan that a form makes of a person's own commands.
 * @param argument a host, or what a person pointed at.
 */
export async function benchmarkWorkload(
  context: Context,
  argument: unknown,
): Promise<vscode.Uri | undefined> {
  const given = await readHostArgument(context, hostArgument, argument);
  const pointed = given === undefined ? argument : new Pointed(given.host);
  const title = vscode.l10n.t('Benchmark own workload');
  const wanted = await form(() => ask(context, pointed, title, askWorkload));
  return wanted && run(context, wanted);
}

async function run(
  context: Context,
  { host, cgroup, profile }: Asked,
): Promise<vscode.Uri | undefined> {
  using file = new RunRecorder(context);
  await showRun(host, file, async (options) =>
    runBenchmark(await context.host(host), {
      ...options,
      ...benchSource(context),
      cgroup,
      plan: profile,
    }),
  );
  return file.uri;
}

/** A plan of an argument, which may be another extension's. */
const agreed = async (context: Context, host: string, plan: Plan | Profile) =>
  typeof plan === 'string'
    ? plan
    : agreeToWorkloads(context, { host, plan, from: vscode.l10n.t('The argument of the command') });

/** Sources and limits for the policies that a run loads itself. */
export const benchSource = (context: Context): Pick<BenchOptions, 'source' | 'limits'> => ({
  source: (policy) => readSource(context.bpfDirectory, policy),
  limits: readLimits(),
});

/** Whoever starts a run that takes longer does something else meanwhile. */
const LONG_SECONDS = 60;

/** Says that a run has finished, unless the person looks at it. */
async function noticeEnd(host: string, uri: vscode.Uri, seconds: number): Promise<void> {
  const shown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const isShown = shown instanceof vscode.TabInputCustom && shown.uri.toString() === uri.toString();
  if (vscode.window.state.focused && isShown) return;
  const show = vscode.l10n.t('Show Result');
  const chosen = await showInformation(
    vscode.l10n.t('The benchmark on {0} finished after {1}.', host, durationLabel(seconds)),
    show,
  );
  if (chosen === show) await vscode.commands.executeCommand('vscode.open', uri);
}

/**
 * Runs with a notification; a run that is cancelled keeps what was measured.
 * @returns the document; undefined where the run was cancelled after its first sample.
 */
export async function showRun(
  host: string,
  file: RunRecorder,
  run: (options: Pick<BenchOptions, 'signal' | 'save' | 'onProgress'>) => Promise<ResultDocument>,
): Promise<ResultDocument | undefined> {
  const started = performance.now();
  try {
    const whole = await withProgress(
      vscode.l10n.t('Benchmark on {0}', host),
      async (report, signal) => {
        report(vscode.l10n.t('preparing'));
        let done: number | undefined;
        return run({
          signal,
          save: (document) => file.save(document),
          onProgress: (progress) => {
            // A run that goes on with another begins where that ended.
            const steps = done === undefined ? progress.done : progress.done - done;
            done = progress.done;
            report(progressLine(progress), (100 * steps) / progress.total);
          },
        });
      },
    );
    const seconds = (performance.now() - started) / 1000;
    if (seconds >= LONG_SECONDS && file.uri !== undefined) void noticeEnd(host, file.uri, seconds);
    return whole;
  } catch (error) {
    if (!isCancelled(error) || file.uri === undefined) throw error;
    void showInformation(
      vscode.l10n.t(
        'The benchmark was cancelled. What was measured is kept in {0}.',
        path.basename(file.uri.fsPath),
      ),
    );
    return undefined;
  }
}

interface Asked {
  readonly host: string;
  /** Undefined: one that is made for the run, which loads the programs for itself. */
  readonly cgroup: string | undefined;
  readonly profile: Plan | Profile;
}

async function ask(
  context: Context,
  pointed: unknown,
  title: string,
  askPlan: (context: Context, title: string, host: string) => Promise<Plan | Profile | undefined>,
): Promise<Asked | undefined> {
  const host = await pickHost(context, title, pointed);
  if (host === undefined) return undefined;
  const place = await pickMeasured(context, host, title, pointed);
  if (place === undefined) return undefined;
  const { plan } = pointed instanceof Pointed ? pointed.wanted : {};
  const profile = plan ?? (await askPlan(context, title, host));
  return profile === undefined ? undefined : { host, cgroup: place.cgroup, profile };
}

const active = new Set<RunRecorder>();

/** The run of this window that writes the document now. */
export const activeRun = (uri: vscode.Uri): RunRecorder | undefined =>
  [...active].find((file) => file.uri?.toString() === uri.toString());

/** The document of a run, from its start to its end; it opens with its first version. */
export class RunRecorder implements Disposable {
  readonly #context: Context;
  uri: vscode.Uri | undefined;
  /** Whether it was cancelled or failed; what it began on the host may still be undone. */
  isStopped = false;
  #end: () => void = () => undefined;
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });
  #shown = false;
  #annotation: { readonly changed: Annotation | undefined } | undefined;
  #last: ResultDocument | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param uri of a document there is already; a new one in the workspace otherwise. */
  constructor(context: Context, uri?: vscode.Uri) {
    this.#context = context;
    this.uri = uri;
    active.add(this);
  }

  /** Has what a person says about the run be in each version that it writes from now on. */
  async annotate(annotation: Annotation): Promise<void> {
    this.#annotation = { changed: withoutEmpty(annotation) };
    if (this.#last !== undefined) await this.#write(this.#last);
  }

  [Symbol.dispose](): void {
    active.delete(this);
    this.#end();
  }

  async save(document: ResultDocument): Promise<void> {
    this.isStopped = document.stopped !== undefined;
    this.uri ??= await newFile(this.#context, document);
    this.#last = document;
    await this.#write(document);
    if (this.#shown) return;
    this.#shown = true;
    // Not as a preview: the next file a person looks at would take the place of the run.
    await vscode.commands.executeCommand('vscode.open', this.uri, { preview: false });
  }

  /** One after the other: an older version must not take the place of a newer one. */
  #write(document: ResultDocument): Promise<void> {
    const file = this.uri?.fsPath;
    if (file === undefined) return Promise.resolve();
    const annotation =
      this.#annotation === undefined ? document.annotation : this.#annotation.changed;
    const write = () => writeDocument(file, { ...document, annotation });
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}

/** The file of a new run, in the folder for results, which is made. */
export async function newFile(context: Context, document: ResultDocument): Promise<vscode.Uri> {
  const directory = newResultsFolder(context);
  await mkdir(directory.fsPath, { recursive: true });
  return vscode.Uri.joinPath(directory, documentFileName(document));
}
