import * as vscode from 'vscode';
import * as z from 'zod';
import { loadBypass, type LoadOptions } from '../bypass/load.ts';
import type { BypassStatus } from '../bypass/attachment.ts';
import { LOAD_STEPS } from '../bypass/steps.ts';
import type { App } from '../app.ts';
import { existingCgroup, isRootCgroup } from '../host/cgroups.ts';
import { isCancelled } from '../host/errors.ts';
import type { Facts } from '../host/facts.ts';
import { readPrograms, type Programs } from '../workspace/copy.ts';
import { cappedWords, ROOT_DETAIL, rootWarning } from '../bypass/loadWarning.ts';
import { pickCgroup, pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { confirm, showInformation, showWarning } from '../ui/window.ts';
import { cgroupArgument, readHostArgument } from './arguments.ts';
import { readLimits } from '../workspace/checkedSettings.ts';
import { warnOfSocketFaults, type LoadChoice } from './socketFaults.ts';

const loadArgument = cgroupArgument.extend({
  policy: z.enum(['guarded', 'classic']).default('guarded'),
  /** Take the place of a bypass already there without asking. */
  replace: z.boolean().default(false),
});
type LoadArgument = z.infer<typeof loadArgument>;

/** Load sockmap bypass. */
export async function load(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const given = await readHostArgument(app, loadArgument, argument);
  const wanted = given ?? (await ask(app));
  if (wanted === undefined) return undefined;
  const { host, cgroup, policy } = wanted;
  const programs = await readPrograms(app, policy);
  const { facts, isRoot } = await checkPlace(app, wanted);
  // Who chose it from the list has been asked.
  if (isRoot && given !== undefined) void showWarning(`${rootWarning(host)} ${ROOT_DETAIL}`);
  const choice = await warnOfSocketFaults(app, wanted, facts, programs.source, given === undefined);
  if (choice === undefined) return undefined;
  const answer = { kept: false };
  const askToReplace = async (): Promise<boolean> => {
    const replace = await confirm(`The bypass is loaded on ${cgroup} already.`, {
      detail: `Replace it with the new one on ${host}, which is compiled and verified? Connections it carries go back to TCP; new ones use the new programs.`,
      go: 'Replace',
      stay: 'Keep It',
    });
    answer.kept = !replace;
    return replace;
  };
  try {
    const replace = given === undefined ? askToReplace : wanted.replace;
    return await loadInto(app, programs, { ...wanted, ...choice, replace });
  } catch (error) {
    if (answer.kept && isCancelled(error)) return undefined;
    throw error;
  }
}

/** Whether the host and the cgroup will do, before anybody waits for a probe or answers a question. */
async function checkPlace(
  app: App,
  { host: name, cgroup }: LoadArgument,
): Promise<{ facts: Facts; isRoot: boolean }> {
  const host = await app.host(name);
  return withProgress(`Checking ${name}`, async (_report, signal) => {
    const { facts, mount } = await host.ready('load', signal);
    const place = await existingCgroup(host, mount, cgroup, signal);
    return { facts, isRoot: isRootCgroup(name, mount, place) };
  });
}

async function ask(app: App): Promise<LoadArgument | undefined> {
  const host = await pickHost(app, 'Load sockmap bypass');
  if (host === undefined) return undefined;
  const cgroup = await pickCgroup(app, host, 'Load sockmap bypass');
  return cgroup === undefined ? undefined : { host, cgroup, policy: 'guarded', replace: false };
}

async function loadInto(
  app: App,
  { source, copy }: Programs,
  wanted: Omit<LoadArgument, 'replace'> & LoadChoice & Required<Pick<LoadOptions, 'replace'>>,
): Promise<BypassStatus> {
  const { host, cgroup, policy, replace, verdict } = wanted;
  const limits = readLimits();
  const status = await withProgress(
    `Loading the sockmap bypass on ${host}`,
    async (report, signal) =>
      loadBypass(await app.host(host), {
        cgroup,
        source,
        limits,
        replace,
        verdict,
        signal,
        onStep: (step) => {
          report(copy === undefined ? LOAD_STEPS[step] : `${LOAD_STEPS[step]}, ${copy}`);
        },
      }),
  );
  app.statusBar.show(status);
  void announce(status, cgroup, copy === undefined ? policy : `${policy}, from ${copy}`);
  return status;
}

async function announce(status: BypassStatus, cgroup: string, what: string): Promise<void> {
  const { host, attachments, addressesCapped } = status;
  const { beside = [] } = attachments.find((one) => one.cgroups.includes(cgroup)) ?? {};
  const neighbours =
    beside.length === 0
      ? ''
      : ` Other sock_ops programs run for its sockets: ${beside.join(', ')}. The status counts callbacks that they take away.`;
  const benchmark = 'Run Benchmark';
  const unload = 'Unload';
  const show = addressesCapped === true ? showWarning : showInformation;
  const chosen = await show(
    `The sockmap bypass is on: ${cgroup} on ${host} (${what}). New connections between its processes bypass TCP/IP.${neighbours}${cappedWords(status)}`,
    benchmark,
    unload,
  );
  const argument = { host, cgroup };
  if (chosen === benchmark) {
    await vscode.commands.executeCommand('sockmapBypass.runBenchmark', {
      ...argument,
      profile: 'quick',
    });
  }
  if (chosen === unload) await vscode.commands.executeCommand('sockmapBypass.unload', argument);
}
