import * as vscode from 'vscode';
import * as z from 'zod';
import { assess, DEFAULT_SECONDS, SECONDS_RANGE } from '../assess/assess.ts';
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
      using _countdown = countDown(seconds, report);
      return await assess(connected, { seconds, cgroup: within, documents, signal });
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

/** Says each second how many are left. */
function countDown(
  seconds: number,
  report: (message: string, increment?: number) => void,
): Disposable {
  let left = seconds;
  const say = (increment?: number): void => {
    const words =
      left > 0
        ? vscode.l10n.t('watching the sockets, {0} s left', left)
        : vscode.l10n.t('working it out');
    report(words, increment);
  };
  say();
  const timer = setInterval(() => {
    if (left <= 0) return;
    left--;
    say(100 / (seconds + 1));
  }, 1000);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
    },
  };
}

/** Show assessed traffic: the page of the last assessment of a host, which may be closed by now. */
export async function showAssessment(app: App, argument: unknown): Promise<void> {
  const given = await readHostArgument(app, hostArgument, argument);
  const host =
    given?.host ?? (await pickHost(app, vscode.l10n.t('Show assessed traffic'), argument));
  if (host !== undefined) await app.assessPages.open(host);
}
