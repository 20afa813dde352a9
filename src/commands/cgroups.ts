import * as z from 'zod';
import type { BypassStatus } from '../bypass/attachment.ts';
import { coveredWords, ROOT_DETAIL, rootWarning } from '../bypass/loadWarning.ts';
import { addCgroups, removeCgroups } from '../bypass/membership.ts';
import type { App } from '../app.ts';
import { resolveCgroup } from '../host/cgroups.ts';
import { listed } from '../text.ts';
import { pickBypass } from '../ui/pickBypass.ts';
import { pickCgroups, pickHost, pickOfCgroups } from '../ui/pickers.ts';
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

const addArgument = cgroupArgument.extend({ cgroups: z.array(text).min(1).max(1000) });
type AddArgument = z.infer<typeof addArgument>;
const removeArgument = cgroupsArgument.refine(namesCgroups, ONE_OF_CGROUPS);
type RemoveArgument = z.infer<typeof removeArgument>;

const ADD = 'Add cgroups to bypass';
const REMOVE = 'Take cgroups from bypass';

/**
 * Add cgroups to bypass: its programs and maps serve them as well, without being loaded anew.
 * @param argument `cgroup` is one that it has, `cgroups` are those that are added.
 */
export async function addToBypass(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const given = await readHostArgument(app, addArgument, argument);
  const wanted = given ?? (await askToAdd(app));
  if (wanted === undefined) return undefined;
  const { host, cgroup: to } = wanted;
  const { mount } = await (await app.host(host)).ready('control');
  const cgroups = wanted.cgroups.map((one) => resolveCgroup(host, mount, one));
  // Who chose it from the list has been asked.
  if (given !== undefined && cgroups.includes(mount))
    void showWarning(`${rootWarning(host)} ${ROOT_DETAIL}`);
  const status = await withProgress(
    `Adding cgroups to the bypass on ${host}`,
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
  void showInformation(
    `The sockmap bypass of ${to} on ${host} has ${listed(cgroups)}, too. New connections between processes of its cgroups bypass TCP/IP.`,
  );
  return status;
}

/** Take cgroups from bypass, which stays on the others; without any it is unloaded. */
export async function takeFromBypass(
  app: App,
  argument: unknown,
): Promise<BypassStatus | undefined> {
  const wanted = (await readHostArgument(app, removeArgument, argument)) ?? (await askToTake(app));
  if (wanted === undefined) return undefined;
  const { host } = wanted;
  const cgroups = cgroupsOf(wanted);
  const status = await withProgress(
    `Taking cgroups from the bypass on ${host}`,
    async (report, signal) => {
      report(listed(cgroups));
      return removeCgroups(await app.host(host), cgroups, signal);
    },
  );
  app.statusBar.show(status);
  void showInformation(
    `The sockmap bypass on ${host} has ${listed(cgroups)} no more. New connections there use TCP/IP.`,
  );
  return status;
}

async function askToAdd(app: App): Promise<AddArgument | undefined> {
  const host = await pickHost(app, ADD);
  if (host === undefined) return undefined;
  const chosen = await pickBypass(app, host, ADD, { remains: false });
  if (chosen === undefined) return undefined;
  const { cgroup, bypass } = chosen;
  const cgroups = await pickCgroups(app, host, ADD, bypass.cgroups);
  return cgroups && { host, cgroup, cgroups };
}

async function askToTake(app: App): Promise<RemoveArgument | undefined> {
  const host = await pickHost(app, REMOVE);
  if (host === undefined) return undefined;
  const chosen = await pickBypass(app, host, REMOVE, { remains: false });
  if (chosen === undefined) return undefined;
  const cgroups = await pickOfCgroups(app, host, chosen.bypass.cgroups, {
    title: REMOVE,
    placeHolder: 'Tick cgroups to take; left without any it is unloaded',
  });
  return cgroups && { host, cgroups };
}
