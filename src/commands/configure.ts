import * as z from 'zod';
import { MODE_NAMES, type Mode } from '../bypass/config.ts';
import { configureBypass } from '../bypass/configure.ts';
import type { BypassStatus } from '../bypass/attachment.ts';
import type { App } from '../app.ts';
import { cappedWords } from '../bypass/loadWarning.ts';
import { pickAttachment, pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { pickOne, showInformation } from '../ui/window.ts';
import { cgroupArgument, readHostArgument } from './arguments.ts';
import { readLimits } from '../workspace/checkedSettings.ts';

const TITLE = 'Change bypass policy';

const configureArgument = cgroupArgument.extend({ mode: z.enum(MODE_NAMES) });

const MODES: Readonly<Record<Mode, { icon: string; label: string; detail: string; done: string }>> =
  {
    guarded: {
      icon: 'shield',
      label: 'Guarded',
      detail: 'Queues are bounded, one-way streams of small messages go over TCP.',
      done: 'guarded, with the limits of the settings',
    },
    off: {
      icon: 'circle-slash',
      label: 'Off',
      detail: 'Every connection is on TCP from its next message on, and live ones stay there.',
      done: 'off: every connection is on TCP',
    },
    unguarded: {
      icon: 'warning',
      label: 'Without limits',
      detail: 'No limits: queues can exhaust memory. For comparison only.',
      done: 'without limits: do not leave it so',
    },
  };

/** Change bypass policy: what the loaded programs do, without loading them anew. */
export async function configure(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const wanted = (await readHostArgument(app, configureArgument, argument)) ?? (await ask(app));
  if (wanted === undefined) return undefined;
  const { host, cgroup, mode } = wanted;
  const limits = readLimits();
  const status = await withProgress(
    `Changing the policy of the bypass on ${host}`,
    async (report, signal) => {
      report(cgroup);
      return configureBypass(await app.host(host), { cgroup, mode, limits, signal });
    },
  );
  app.statusBar.show(status);
  void showInformation(
    `The sockmap bypass of ${cgroup} on ${host} is ${MODES[mode].done}.${cappedWords(status)}`,
  );
  return status;
}

async function ask(app: App): Promise<z.infer<typeof configureArgument> | undefined> {
  const host = await pickHost(app, TITLE);
  if (host === undefined) return undefined;
  const cgroup = await pickAttachment(app, host, TITLE, { remains: false });
  if (cgroup === undefined) return undefined;
  const items = MODE_NAMES.map((mode) => ({ ...MODES[mode], mode }));
  const chosen = await pickOne(items, {
    title: TITLE,
    placeHolder: 'What its programs do from now on; limits and local networks are read again',
  });
  return chosen === undefined ? undefined : { host, cgroup, mode: chosen.mode };
}
