import * as vscode from 'vscode';
import * as z from 'zod';
import { MODE_NAMES, REACHES, type Mode, type Reach } from '../bypass/config.ts';
import { configureBypass } from '../bypass/configure.ts';
import type { Attachment, BypassStatus } from '../bypass/attachment.ts';
import { REACH_CHOICES, REACH_HOST_DETAIL, REACH_LABELS } from '../bypass/reachWords.ts';
import type { App } from '../app.ts';
import { noteWords } from '../bypass/loadWarning.ts';
import { pickBypass } from '../ui/pickBypass.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { confirm, pickOne, showInformation } from '../ui/window.ts';
import { cgroupArgument, readHostArgument } from './arguments.ts';
import { decideReach } from './reach.ts';
import { readLimits } from '../workspace/checkedSettings.ts';

const TITLE = vscode.l10n.t('Change bypass policy');

const configureArgument = cgroupArgument
  .extend({ mode: z.enum(MODE_NAMES).optional(), reach: z.enum(REACHES).optional() })
  .refine(({ mode, reach }) => mode !== undefined || reach !== undefined, {
    error: 'name a mode, a reach or both',
    path: ['mode'],
  });

const MODES: Readonly<Record<Mode, { icon: string; label: string; detail: string; done: string }>> =
  {
    guarded: {
      icon: 'shield',
      label: vscode.l10n.t('Guarded'),
      detail: vscode.l10n.t('Queues are bounded, one-way streams of small messages go over TCP.'),
      done: vscode.l10n.t('guarded, with the limits of the settings'),
    },
    off: {
      icon: 'circle-slash',
      label: vscode.l10n.t('Off'),
      detail: vscode.l10n.t(
        'Every connection is on TCP from its next message on, and live ones stay there.',
      ),
      done: vscode.l10n.t('off: every connection is on TCP'),
    },
    unguarded: {
      icon: 'warning',
      label: vscode.l10n.t('Without limits'),
      detail: vscode.l10n.t('No limits: queues can exhaust memory. For comparison only.'),
      done: vscode.l10n.t('without limits: do not leave it so'),
    },
  };

/** Change bypass policy: what the loaded programs do, without loading them anew. */
export async function configure(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const wanted =
    (await readHostArgument(app, configureArgument, argument)) ?? (await ask(app, argument));
  if (wanted === undefined) return undefined;
  const { host, cgroup, mode } = wanted;
  const limits = readLimits();
  const reach = await possibleReach(app, wanted);
  const status = await withProgress(
    vscode.l10n.t('Changing the policy of the bypass on {0}', host),
    async (report, signal) => {
      report(cgroup);
      return configureBypass(await app.host(host), { cgroup, mode, reach, limits, signal });
    },
  );
  app.statusBar.show(status);
  const config = status.attachments.find((one) => one.cgroups.includes(cgroup))?.config;
  const reached = reach === undefined ? undefined : REACH_LABELS[config?.reach ?? reach];
  void showInformation(`${doneWords(host, cgroup, mode, reached)}${noteWords(status)}`);
  return status;
}

/** @param reached where it bypasses from now on, in words; undefined where that is as before. */
function doneWords(
  host: string,
  cgroup: string,
  mode: Mode | undefined,
  reached: string | undefined,
): string {
  const done = mode === undefined ? '' : MODES[mode].done;
  if (reached === undefined)
    return vscode.l10n.t('The sockmap bypass of {0} on {1} is {2}.', cgroup, host, done);
  return mode === undefined
    ? vscode.l10n.t('The sockmap bypass of {0} on {1} is working {2}.', cgroup, host, reached)
    : vscode.l10n.t(
        'The sockmap bypass of {0} on {1} is {2}, and working {3}.',
        ...[cgroup, host, done, reached],
      );
}

/** A reach that the host's kernel allows; a person hears of it where it does not. */
async function possibleReach(
  app: App,
  { host: name, cgroup, reach }: z.infer<typeof configureArgument>,
): Promise<Reach | undefined> {
  if (reach !== 'host') return reach;
  return decideReach(app, { host: name, cgroups: [cgroup] }, reach, false);
}

async function ask(
  app: App,
  pointed: unknown,
): Promise<z.infer<typeof configureArgument> | undefined> {
  const host = await pickHost(app, TITLE, pointed);
  if (host === undefined) return undefined;
  const chosen = await pickBypass(app, host, TITLE, { remains: false, pointed });
  if (chosen === undefined) return undefined;
  const { cgroup, bypass } = chosen;
  const place = { host, cgroup };
  const modes = MODE_NAMES.map((mode) => ({
    ...MODES[mode],
    wanted: { ...place, mode },
    ...(mode === bypass.config?.mode && { description: vscode.l10n.t('as it is now') }),
  }));
  const picked = await pickOne([...modes, ...reachItems(bypass, place)], {
    title: TITLE,
    placeHolder: vscode.l10n.t(
      'What its programs do from now on; limits and local networks are read again',
    ),
  });
  if (picked === undefined || !('reach' in picked.wanted)) return picked?.wanted;
  const { wanted } = picked;
  return wanted.reach === 'namespace' || (await agreesToReach(host)) ? wanted : undefined;
}

const agreesToReach = (host: string): Promise<boolean> =>
  confirm(vscode.l10n.t('Bypass connections between containers of {0}, too?', host), {
    detail: REACH_HOST_DETAIL,
    go: vscode.l10n.t('Between Containers of This Host'),
    stay: vscode.l10n.t('Leave It As It Is'),
  });

/** The reach that it does not have. */
function reachItems({ config }: Attachment, place: { host: string; cgroup: string }) {
  if (config === undefined) return [];
  const reach: Reach = config.reach === 'host' ? 'namespace' : 'host';
  const { icon, detail } = REACHES_SHOWN[reach];
  return [
    {
      icon,
      label: vscode.l10n.t('Reach: {0}', REACH_CHOICES[reach].toLowerCase()),
      detail,
      wanted: { ...place, reach },
    },
  ];
}

const REACHES_SHOWN: Readonly<Record<Reach, { icon: string; detail: string }>> = {
  namespace: {
    icon: 'lock',
    detail: vscode.l10n.t(
      'Connections between network namespaces are on TCP from their next message on.',
    ),
  },
  host: {
    icon: 'globe',
    detail: vscode.l10n.t(
      'Filters, policies, shaping and captures between containers no longer see the bytes.',
    ),
  },
};
