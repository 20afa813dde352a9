import * as vscode from 'vscode';
import * as z from 'zod';
import { loadBypass, type LoadOptions } from '../bypass/load.ts';
import type { BypassStatus } from '../bypass/attachment.ts';
import { REACHES } from '../bypass/config.ts';
import { shareWords } from '../bypass/shareWords.ts';
import { REACH_LABELS } from '../bypass/reachWords.ts';
import { LOAD_STEPS } from '../bypass/steps.ts';
import type { App } from '../app.ts';
import { existingCgroups, outermost } from '../host/cgroups.ts';
import { isCancelled } from '../host/errors.ts';
import type { Facts } from '../host/facts.ts';
import { readPrograms, type Programs } from '../workspace/copy.ts';
import { noteWords, coveredWords, rootDetail, rootWarning } from '../bypass/loadWarning.ts';
import { form } from '../ui/form.ts';
import { pickCgroups } from '../ui/pickCgroups.ts';
import { pickHost } from '../ui/pickers.ts';
import { Pointed } from '../ui/pointed.ts';
import { withProgress } from '../ui/progress.ts';
import { confirm, showInformation, showWarning } from '../ui/window.ts';
import {
  cgroupsArgument,
  cgroupsOf,
  namesCgroups,
  ONE_OF_CGROUPS,
  readHostArgument,
} from './arguments.ts';
import { decideReach } from './reach.ts';
import { cgroupPath, listed } from '../text.ts';
import { readLimits } from '../workspace/checkedSettings.ts';
import { warnOfSocketFaults, type LoadChoice } from './socketFaults.ts';

const loadArgument = cgroupsArgument
  .extend({
    policy: z.enum(['guarded', 'classic']).default('guarded'),
    reach: z.enum(REACHES).optional(),
    share: z.int().min(1).max(100).optional(),
    /** Take the place of a bypass already there without asking. */
    replace: z.boolean().default(false),
  })
  .refine(namesCgroups, ONE_OF_CGROUPS)
  .refine(({ policy, reach }) => policy === 'guarded' || reach === undefined, {
    error: 'is for the guarded policy',
    path: ['reach'],
  })
  .refine(({ policy, share }) => policy === 'guarded' || share === undefined, {
    error: 'is for the guarded policy',
    path: ['share'],
  });
type LoadArgument = z.infer<typeof loadArgument>;

const TITLE = vscode.l10n.t('Load sockmap bypass');

/** Load sockmap bypass. */
export async function load(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const given = await readHostArgument(app, loadArgument, argument);
  const wanted = given ?? (await form(() => ask(app, argument)));
  if (wanted === undefined) return undefined;
  const { host, policy, share } = wanted;
  const programs = await readPrograms(app, policy);
  const { facts, cgroups, isRoot } = await checkPlaces(app, host, cgroupsOf(wanted));
  const place = { host, cgroups };
  // Who chose it from the list has been asked.
  if (isRoot && given !== undefined) void showWarning(`${rootWarning(host)} ${rootDetail()}`);
  const isAsked = given === undefined;
  const reach =
    policy === 'guarded' ? await decideReach(app, place, wanted.reach, isAsked) : 'namespace';
  if (reach === undefined) return undefined;
  const choice = await warnOfSocketFaults(app, place, facts, programs.source, isAsked);
  if (choice === undefined) return undefined;
  const answer = { kept: false };
  const askToReplace = async (): Promise<boolean> => {
    const replace = await confirm(
      cgroups.length === 1
        ? vscode.l10n.t('A bypass is already loaded on {0}. Replace it?', listed(cgroups))
        : vscode.l10n.t('A bypass is already loaded on some of {0}. Replace it?', listed(cgroups)),
      {
        detail: vscode.l10n.t(
          'The new programs are compiled and verified on {0}. Connections on the old ones go back to TCP, and new connections use the new ones. Where the old bypass has other cgroups too, it stays on those.',
          host,
        ),
        go: vscode.l10n.t('Replace'),
        stay: vscode.l10n.t('Keep It'),
      },
    );
    answer.kept = !replace;
    return replace;
  };
  try {
    const replace = isAsked ? askToReplace : wanted.replace;
    return await loadInto(app, programs, { ...place, policy, reach, share, ...choice, replace });
  } catch (error) {
    if (answer.kept && isCancelled(error)) return undefined;
    throw error;
  }
}

/** Whether the host and the cgroups will do, before anybody waits for a probe or answers a question. */
async function checkPlaces(
  app: App,
  name: string,
  named: readonly string[],
): Promise<{ facts: Facts; cgroups: string[]; isRoot: boolean }> {
  const host = await app.host(name);
  return withProgress(vscode.l10n.t('Checking {0}', name), async (_report, signal) => {
    const { facts, mount } = await host.ready('load', signal);
    const all = await existingCgroups(host, mount, named, signal);
    const cgroups = outermost(all);
    const covered = coveredWords(all, cgroups);
    if (covered !== undefined) void showInformation(covered);
    return { facts, cgroups, isRoot: cgroups.includes(mount) };
  });
}

async function ask(app: App, pointed: unknown): Promise<LoadArgument | undefined> {
  const host = await pickHost(app, TITLE, pointed);
  if (host === undefined) return undefined;
  const { cgroups: named, reach } = pointed instanceof Pointed ? pointed.wanted : {};
  const cgroups = named === undefined ? await pickCgroups(app, host, TITLE) : [...named];
  if (cgroups === undefined) return undefined;
  return { host, cgroups, policy: 'guarded', reach, replace: false };
}

type Wanted = LoadChoice &
  Required<Pick<LoadOptions, 'cgroups' | 'reach' | 'replace'>> &
  Pick<LoadArgument, 'host' | 'policy' | 'share'>;

async function loadInto(
  app: App,
  { source, copy }: Programs,
  wanted: Wanted,
): Promise<BypassStatus> {
  const { host, cgroups, policy, reach, share, replace, verdict } = wanted;
  const limits = readLimits();
  const status = await withProgress(
    vscode.l10n.t('Loading the sockmap bypass on {0}', host),
    async (report, signal) =>
      loadBypass(await app.host(host), {
        cgroups,
        reach,
        share,
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
  const what = [policy, ...(copy === undefined ? [] : [vscode.l10n.t('from {0}', copy)])];
  const loaded = status.attachments.find((one) => one.cgroups.includes(cgroups[0] ?? ''));
  if (loaded?.config?.reach === 'host') what.push(REACH_LABELS.host);
  if (loaded?.config?.share !== undefined) what.push(shareWords(loaded.config.share));
  void announce(status, cgroups, what.join(', '));
  return status;
}

async function announce(
  status: BypassStatus,
  cgroups: readonly string[],
  what: string,
): Promise<void> {
  const { host, attachments, addressesCapped } = status;
  const [cgroup = ''] = cgroups;
  const { beside = [] } = attachments.find((one) => one.cgroups.includes(cgroup)) ?? {};
  const neighbours =
    beside.length === 0
      ? ''
      : ` ${vscode.l10n.t(
          'Other sock_ops programs run for its sockets: {0}. The status counts callbacks that they take away.',
          beside.join(', '),
        )}`;
  const benchmark = vscode.l10n.t('Run Benchmark');
  const traffic = vscode.l10n.t('Show Traffic');
  const unload = vscode.l10n.t('Unload');
  const show = addressesCapped === true ? showWarning : showInformation;
  const chosen = await show(
    `${loadedWords(host, cgroups, what)}${neighbours}${noteWords(status)}`,
    benchmark,
    traffic,
    unload,
  );
  const argument = { host, cgroup };
  if (chosen === traffic)
    await vscode.commands.executeCommand('sockmapBypass.openLivePage', argument);
  if (chosen === benchmark) {
    await vscode.commands.executeCommand('sockmapBypass.runBenchmark', {
      ...argument,
      profile: 'quick',
    });
  }
  if (chosen === unload) await vscode.commands.executeCommand('sockmapBypass.unload', argument);
}

const loadedWords = (host: string, cgroups: readonly string[], what: string): string =>
  vscode.l10n.t(
    'The sockmap bypass is on for new connections on {0} ({1}): {2}.',
    host,
    what,
    listed(cgroups.map(cgroupPath)),
  );
