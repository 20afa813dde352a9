import * as vscode from 'vscode';
import * as z from 'zod';
import {
  LIMIT_RANGES,
  MODE_NAMES,
  REACHES,
  SHARE_RANGE,
  type GuardedLimits,
  type Mode,
  type Reach,
} from '../bypass/config.ts';
import { configureBypass } from '../bypass/configure.ts';
import type { Attachment, BypassStatus } from '../bypass/attachment.ts';
import { REACH_CHOICES, REACH_LABELS, reachDetail } from '../bypass/reachWords.ts';
import { shareDetail, SHARES, shareWords } from '../bypass/shareWords.ts';
import { modeWords } from '../bypass/modeWords.ts';
import type { App } from '../app.ts';
import { noteWords } from '../bypass/loadWarning.ts';
import { agreesToReach } from '../ui/agreesToReach.ts';
import { form } from '../ui/form.ts';
import { pickBypass } from '../ui/pickBypass.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { pickOne } from '../ui/quickPick.ts';
import { showInformation } from '../ui/window.ts';
import { cgroupArgument, readHostArgument } from './arguments.ts';
import { decideReach } from './reach.ts';
import { readLimits } from '../workspace/checkedSettings.ts';

const TITLE = vscode.l10n.t('Change bypass policy');

const within = <T extends z.ZodNumber>(schema: T, [least, most]: readonly [number, number]) =>
  schema.min(least).max(most).optional();

const configureArgument = cgroupArgument
  .extend({
    mode: z.enum(MODE_NAMES).optional(),
    reach: z.enum(REACHES).optional(),
    share: within(z.int(), SHARE_RANGE),
    /** In place of those of the settings. */
    queueBoundMiB: within(z.number(), LIMIT_RANGES.queueBoundMiB),
    oneWayLimit: within(z.int(), LIMIT_RANGES.oneWayLimit),
  })
  .refine(({ host: _host, cgroup: _cgroup, ...changes }) => Object.keys(changes).length > 0, {
    error: 'name a mode, a reach, a share or a limit',
    path: ['mode'],
  });

type Wanted = z.infer<typeof configureArgument>;

const MODE_ICONS: Readonly<Record<Mode, string>> = {
  guarded: 'shield',
  off: 'circle-slash',
  unguarded: 'warning',
};
const REACH_ICONS: Readonly<Record<Reach, string>> = { namespace: 'lock', host: 'globe' };

/** Change bypass policy: what the loaded programs do, without loading them anew. */
export async function configure(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const wanted =
    (await readHostArgument(app, configureArgument, argument)) ??
    (await form(() => ask(app, argument)));
  if (wanted === undefined) return undefined;
  const { host, cgroup, mode, share } = wanted;
  const limits = limitsOf(wanted);
  const reach = await possibleReach(app, wanted);
  const status = await withProgress(
    vscode.l10n.t('Changing the policy of the bypass on {0}', host),
    async (report, signal) => {
      report(cgroup);
      return configureBypass(await app.host(host), { cgroup, mode, reach, share, limits, signal });
    },
  );
  app.statusBar.show(status);
  const config = status.attachments.find((one) => one.cgroups.includes(cgroup))?.config;
  const reached = reach === undefined ? undefined : REACH_LABELS[config?.reach ?? reach];
  void showInformation(`${doneWords(wanted, reached)}${noteWords(status)}`);
  return status;
}

const namesLimits = ({ queueBoundMiB, oneWayLimit }: Wanted): boolean =>
  queueBoundMiB !== undefined || oneWayLimit !== undefined;

/** Those that are named, and the rest from the settings. */
function limitsOf({ queueBoundMiB, oneWayLimit }: Wanted): GuardedLimits {
  return {
    ...readLimits(),
    ...(queueBoundMiB !== undefined && { queueBound: queueBoundMiB * 2 ** 20 }),
    ...(oneWayLimit !== undefined && { oneWayLimit }),
  };
}

/** @param reached where it bypasses from now on, in words; undefined where that is as before. */
function doneWords(wanted: Wanted, reached: string | undefined): string {
  const { host, cgroup, mode, share } = wanted;
  if (mode === undefined && reached === undefined && share !== undefined && !namesLimits(wanted))
    return vscode.l10n.t(
      'The sockmap bypass of {0} on {1} takes {2}.',
      cgroup,
      host,
      shareWords(share),
    );
  const done = mode === undefined ? undefined : modeDone(mode, wanted);
  if (done !== undefined && reached !== undefined)
    return vscode.l10n.t(
      'The sockmap bypass of {0} on {1} is {2}, and working {3}.',
      cgroup,
      host,
      done,
      reached,
    );
  if (reached !== undefined)
    return vscode.l10n.t('The sockmap bypass of {0} on {1} now works {2}.', cgroup, host, reached);
  return done === undefined
    ? vscode.l10n.t('The sockmap bypass of {0} on {1} has new limits.', cgroup, host)
    : vscode.l10n.t('The sockmap bypass of {0} on {1} is {2}.', cgroup, host, done);
}

const modeDone = (mode: Mode, wanted: Wanted): string =>
  mode === 'guarded' && !namesLimits(wanted)
    ? vscode.l10n.t('guarded, with the limits of the settings')
    : modeWords(mode).done;

/** A reach that the host's kernel allows; a person hears of it where it does not. */
async function possibleReach(
  app: App,
  { host: name, cgroup, reach }: Wanted,
): Promise<Reach | undefined> {
  if (reach !== 'host') return reach;
  return decideReach(app, { host: name, cgroups: [cgroup] }, reach, false);
}

async function ask(app: App, pointed: unknown): Promise<Wanted | undefined> {
  const host = await pickHost(app, TITLE, pointed);
  if (host === undefined) return undefined;
  const chosen = await pickBypass(app, host, TITLE, { remains: false, pointed });
  if (chosen === undefined) return undefined;
  const { cgroup, bypass } = chosen;
  const place = { host, cgroup };
  const modes = MODE_NAMES.map((mode) => ({
    icon: MODE_ICONS[mode],
    ...modeWords(mode),
    wanted: { ...place, mode },
    ...(mode === bypass.config?.mode && { description: vscode.l10n.t('as it is now') }),
  }));
  const picked = await pickOne(
    [...modes, ...reachItems(bypass, place), ...shareItems(bypass, place)],
    {
      title: TITLE,
      placeHolder: vscode.l10n.t(
        'What its programs do from now on; limits and local networks are read again',
      ),
    },
  );
  if (picked === undefined || !('reach' in picked.wanted)) return picked?.wanted;
  const { wanted } = picked;
  return wanted.reach === 'namespace' || (await agreesToReach(host)) ? wanted : undefined;
}

/** The reach that it does not have. */
function reachItems({ config }: Attachment, place: { host: string; cgroup: string }) {
  if (config === undefined) return [];
  const reach: Reach = config.reach === 'host' ? 'namespace' : 'host';
  return [
    {
      icon: REACH_ICONS[reach],
      label: vscode.l10n.t('Reach: {0}', REACH_CHOICES[reach].toLowerCase()),
      detail: reachDetail(reach),
      wanted: { ...place, reach },
    },
  ];
}

/** The shares that it does not have. */
function shareItems({ config }: Attachment, place: { host: string; cgroup: string }) {
  if (config === undefined) return [];
  const now = config.share ?? 100;
  return SHARES.filter((share) => share !== now).map((share) => ({
    icon: 'pie-chart',
    label: vscode.l10n.t('Share: {0}', shareWords(share)),
    detail: shareDetail(share),
    wanted: { ...place, share },
  }));
}
