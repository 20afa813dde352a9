import * as vscode from 'vscode';
import * as z from 'zod';
import { serves, type BypassStatus } from '../bypass/attachment.ts';
import { bypassStatus } from '../bypass/load.ts';
import { coveredWords, noteWords, rootDetail, rootWarning } from '../bypass/loadWarning.ts';
import { addCgroups, connectionsWords, removeCgroups } from '../bypass/membership.ts';
import { readSource } from '../bypass/source.ts';
import type { App } from '../app.ts';
import { existingCgroup, existingCgroups } from '../host/cgroups.ts';
import { listed } from '../text.ts';
import { form } from '../ui/form.ts';
import { pickBypass } from '../ui/pickBypass.ts';
import { pickCgroups, pickOfCgroups } from '../ui/pickCgroups.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { showInformation, showWarning } from '../ui/window.ts';
import {
  cgroupArgument,
  cgroupsArgument,
  cgroupsOf,
  namesCgroups,
  ONE_OF_CGROUPS,
  readHostArgument,
  text,
} from './arguments.ts';
import { warnOfSocketFaults } from './socketFaults.ts';

const addArgument = cgroupArgument.extend({ cgroups: z.array(text).min(1).max(1000) });
type AddArgument = z.infer<typeof addArgument>;
const removeArgument = cgroupsArgument.refine(namesCgroups, ONE_OF_CGROUPS);
type RemoveArgument = z.infer<typeof removeArgument>;

const ADD = vscode.l10n.t('Add cgroups to bypass');
const REMOVE = vscode.l10n.t('Remove cgroups from bypass');

/**
 * Add cgroups to bypass: its programs and maps serve them as well, without being loaded anew.
 * @param argument `cgroup` is one that it has, `cgroups` are those that are added.
 */
export async function addToBypass(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const given = await readHostArgument(app, addArgument, argument);
  const wanted = given ?? (await form(() => askToAdd(app, argument)));
  if (wanted === undefined) return undefined;
  const { host, cgroup: to } = wanted;
  const { place, facts, policy } = await checkPlace(app, wanted);
  const { cgroups, mount } = place;
  // Who chose it from the list has been asked.
  if (given !== undefined && cgroups.includes(mount))
    void showWarning(`${rootWarning(host)} ${rootDetail()}`);
  // These are the bundled programs: those that are loaded may come from anywhere.
  const source = await readSource(app.bpfDirectory, policy);
  if (!(await warnOfSocketFaults(app, place, facts, source, given === undefined))) return undefined;
  const status = await withProgress(
    vscode.l10n.t('Adding cgroups to the bypass on {0}', host),
    async (report, signal) => {
      report(listed(cgroups));
      return addCgroups(await app.host(host), { to, cgroups }, signal);
    },
  );
  app.statusBar.show(status);
  const covered = coveredWords(
    cgroups,
    status.attachments.flatMap((one) => one.cgroups),
  );
  if (covered !== undefined) void showInformation(covered);
  const { config } = status.attachments.find((one) => serves(one, [to, ...cgroups])) ?? {};
  void showInformation(
    `${vscode.l10n.t('The sockmap bypass of {0} on {1} now has {2}, too.', to, host, listed(cgroups))} ${connectionsWords(config)}${noteWords(status)}`,
  );
  return status;
}

/** Whether the cgroups are there, and which programs they would get. */
async function checkPlace(app: App, { host: name, cgroup, cgroups: named }: AddArgument) {
  const host = await app.host(name);
  return withProgress(vscode.l10n.t('Checking {0}', name), async (_report, signal) => {
    const { facts, mount } = await host.ready('control', signal);
    const cgroups = await existingCgroups(host, mount, named, signal);
    const { attachments } = await bypassStatus(host, signal);
    const to = await existingCgroup(host, mount, cgroup, signal).catch(() => cgroup);
    const policy = attachments.find((one) => serves(one, [to]))?.policy ?? 'guarded';
    return { facts, policy, place: { host: name, mount, cgroups } };
  });
}

/** Remove cgroups from bypass, which stays on the others; without any it is unloaded. */
export async function takeFromBypass(
  app: App,
  argument: unknown,
): Promise<BypassStatus | undefined> {
  const wanted =
    (await readHostArgument(app, removeArgument, argument)) ??
    (await form(() => askToTake(app, argument)));
  if (wanted === undefined) return undefined;
  const { host } = wanted;
  const cgroups = cgroupsOf(wanted);
  const status = await withProgress(
    vscode.l10n.t('Removing cgroups from the bypass on {0}', host),
    async (report, signal) => {
      report(listed(cgroups));
      return removeCgroups(await app.host(host), cgroups, signal);
    },
  );
  app.statusBar.show(status);
  void showInformation(
    vscode.l10n.t(
      'The sockmap bypass on {0} no longer has {1}. New connections there use TCP/IP.',
      host,
      listed(cgroups),
    ),
  );
  return status;
}

async function askToAdd(app: App, pointed: unknown): Promise<AddArgument | undefined> {
  const host = await pickHost(app, ADD, pointed);
  if (host === undefined) return undefined;
  const chosen = await pickBypass(app, host, ADD, { remains: false, pointed });
  if (chosen === undefined) return undefined;
  const { cgroup, bypass } = chosen;
  const cgroups = await pickCgroups(app, host, ADD, bypass.cgroups);
  return cgroups && { host, cgroup, cgroups };
}

async function askToTake(app: App, pointed: unknown): Promise<RemoveArgument | undefined> {
  const host = await pickHost(app, REMOVE, pointed);
  if (host === undefined) return undefined;
  const chosen = await pickBypass(app, host, REMOVE, { remains: false, pointed });
  if (chosen === undefined) return undefined;
  const cgroups = await pickOfCgroups(app, host, chosen.bypass.cgroups, {
    title: REMOVE,
    placeHolder: vscode.l10n.t('Select cgroups to remove; without any left it is unloaded'),
  });
  return cgroups && { host, cgroups };
}
