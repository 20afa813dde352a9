import * as vscode from 'vscode';
import * as z from 'zod';
import {
  assess,
  DEFAULT_SECONDS,
  readAssessSources,
  SECONDS_RANGE,
  type AssessStep,
} from '../assess/assess.ts';
import type { Assessment } from '../assess/assessment.ts';
import type { App } from '../app.ts';
import { readDocument } from '../bench/store.ts';
import { existingCgroup } from '../host/cgroups.ts';
import type { ResultDocument } from '../results/document.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { hostArgument, readHostArgument, text } from './arguments.ts';

const [LEAST, MOST] = SECONDS_RANGE;
const assessArgument = hostArgument.extend({
  seconds: z.int().min(LEAST).max(MOST).default(DEFAULT_SECONDS),
  cgroup: text.optional(),
});

/** Assess local traffic: who talks to whom on a host, and what a bypass would gain. Opens its page. */
export async function assessCommand(app: App, argument: unknown): Promise<Assessment | undefined> {
  const given = await readHostArgument(app, assessArgument, argument);
  const host =
    given?.host ?? (await pickHost(app, vscode.l10n.t('Assess local traffic'), argument));
  if (host === undefined) return undefined;
  const { seconds = DEFAULT_SECONDS, cgroup } = given ?? {};
  const assessment = await withProgress(
    vscode.l10n.t('Assessing the local traffic of {0}', host),
    async (report, signal) => {
      report(vscode.l10n.t('connecting'));
      const connected = await app.host(host);
      const { mount } = await connected.ready('control', signal);
      const within =
        cgroup === undefined ? undefined : await existingCgroup(connected, mount, cgroup, signal);
      const documents = await readLatest(await app.results.filesOf(host));
      const sources = await readAssessSources(app.bpfDirectory);
      using steps = new Steps(seconds, report);
      return await assess(connected, {
        sources,
        seconds,
        documents,
        signal,
        cgroup: within,
        onStep: (step) => {
          steps.begin(step);
        },
      });
    },
  );
  app.assessed.keep({ assessment, seconds, cgroup });
  await app.assessPages.open(host);
  return assessment;
}

/** Runs that gains are worked out from. */
const MOST_RUNS = 5;

/** @param files the newest first. @returns the newest last; without those that cannot be read. */
async function readLatest(files: readonly string[]): Promise<ResultDocument[]> {
  const latest = files.slice(0, MOST_RUNS).toReversed();
  const read = await Promise.allSettled(latest.map((file) => readDocument(file)));
  return read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

const STEPS: Readonly<Record<AssessStep, string>> = {
  build: vscode.l10n.t('building the observer'),
  look: vscode.l10n.t('watching the sockets'),
  probe: vscode.l10n.t('probing what this kernel does to what was seen'),
  verdict: vscode.l10n.t('calculating the gain'),
};

/** Says what is being done; while sockets are watched, each second how many are left. */
class Steps implements Disposable {
  readonly #seconds: number;
  readonly #report: (message: string, increment?: number) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number, report: (message: string, increment?: number) => void) {
    this.#seconds = seconds;
    this.#report = report;
  }

  begin(step: AssessStep): void {
    clearInterval(this.#timer);
    if (step === 'look') this.#countDown();
    else this.#report(STEPS[step]);
  }

  #countDown(): void {
    let left = this.#seconds;
    const say = (increment?: number): void => {
      const words = vscode.l10n.t('{0}, {1} s left', STEPS.look, left);
      this.#report(left > 0 ? words : STEPS.look, increment);
    };
    say();
    this.#timer = setInterval(() => {
      if (left <= 0) return;
      left--;
      say(100 / this.#seconds);
    }, 1000);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Show assessed traffic: the page of the last assessment of a host, which may be closed by now. */
export async function showAssessment(app: App, argument: unknown): Promise<void> {
  const given = await readHostArgument(app, hostArgument, argument);
  const host =
    given?.host ?? (await pickHost(app, vscode.l10n.t('Show assessed traffic'), argument));
  if (host !== undefined) await app.assessPages.open(host);
}
