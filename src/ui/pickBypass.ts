import * as vscode from 'vscode';
import { bypassStatus } from '../bypass/load.ts';
import { isOn, type Attachment } from '../bypass/attachment.ts';
import { REACH_LABELS } from '../bypass/reachWords.ts';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { listed, shortIds } from '../text.ts';
import { Pointed } from './pointed.ts';
import { pickOrType, type Item } from './quickPick.ts';
import { withProgress } from './progress.ts';
import { confirm } from './window.ts';

/** A bypass that was chosen. */
export interface ChosenBypass {
  readonly bypass: Attachment;
  /** Names it: one of its cgroups; where all are gone an old name, or the pin directory, which has no other. */
  readonly cgroup: string;
}

/**
 * Asks for one of the bypasses of a host; without a question where there is just one.
 * @param remains whether what is no longer attached can be chosen, too.
 * @param pointed the command's argument: a bypass that a person pointed at is not asked for.
 * @throws HostError where there is none.
 */
export async function pickBypass(
  context: Context,
  name: string,
  title: string,
  { remains, pointed }: { remains: boolean; pointed?: unknown },
): Promise<ChosenBypass | undefined> {
  const items = itemsOf(await readBypasses(context, name)).filter(
    ({ value }) => remains || value.bypass.state === 'attached',
  );
  if (items.length > 0) return pickFrom(items, title, pointed);
  throw new HostError({
    kind: 'not-found',
    tried: vscode.l10n.t('find a bypass'),
    where: name,
    words: vscode.l10n.t('no sockmap bypass is loaded'),
    next: vscode.l10n.t('Load it first.'),
  });
}

/**
 * Asks where to measure: at one of the bypasses of a host that are on; where none is, whether to load the
 * programs for the run.
 * @returns the cgroup, undefined in it: one made for the run.
 */
export async function pickMeasured(
  context: Context,
  name: string,
  title: string,
  pointed: unknown,
): Promise<{ readonly cgroup: string | undefined } | undefined> {
  const all = (await readBypasses(context, name)).filter(({ state }) => state === 'attached');
  const items = itemsOf(all.filter(isOn));
  if (items.length > 0) return pickFrom(items, title, pointed);
  const message =
    all.length === 0
      ? vscode.l10n.t('No bypass is loaded on {0}. Load it for this run?', name)
      : vscode.l10n.t('The bypass on {0} is switched off. Load another for this run?', name);
  const isWanted = await confirm(message, {
    detail: vscode.l10n.t(
      'The run makes cgroups of its own, loads the bundled programs into one of them, and compares it with plain TCP in another. It removes all of it at its end, also when it is cancelled. No service is touched.',
    ),
    go: vscode.l10n.t('Load for This Run'),
    stay: vscode.l10n.t('Do Not Run'),
  });
  return isWanted ? { cgroup: undefined } : undefined;
}

const readBypasses = async (context: Context, name: string): Promise<readonly Attachment[]> => {
  const { attachments } = await withProgress(
    vscode.l10n.t('Reading the bypass status of {0}', name),
    async (_report, signal) => bypassStatus(await context.host(name), signal),
  );
  return attachments;
};

const itemsOf = (bypasses: readonly Attachment[]): Item<ChosenBypass>[] =>
  bypasses.flatMap((bypass): Item<ChosenBypass>[] => {
    const { cgroup = bypass.gone[0] ?? bypass.pins } = bypass;
    if (cgroup === undefined) return [];
    return [{ label: shortIds(cgroup), description: describe(bypass), value: { bypass, cgroup } }];
  });

async function pickFrom(
  items: readonly Item<ChosenBypass>[],
  title: string,
  pointed: unknown,
): Promise<ChosenBypass | undefined> {
  const named = pointed instanceof Pointed ? pointed.cgroup : undefined;
  const wanted = items.find(({ value: { bypass, cgroup } }) =>
    named === undefined ? items.length === 1 : cgroup === named || bypass.cgroups.includes(named),
  );
  if (wanted !== undefined) return { ...wanted.value, cgroup: named ?? wanted.value.cgroup };
  return pickOrType(items, { title, placeholder: vscode.l10n.t('Choose a cgroup') });
}

function describe({ cgroups, state, policy, config }: Attachment): string {
  const others = cgroups.slice(1);
  const parts = others.length === 0 ? [] : [vscode.l10n.t('and {0}', listed(others))];
  if (state === 'loading') parts.push(vscode.l10n.t('being loaded'));
  else if (state !== 'attached')
    parts.push(
      cgroups.length === 0
        ? vscode.l10n.t('left behind, its cgroup is gone')
        : vscode.l10n.t('left behind'),
    );
  else {
    parts.push(config?.mode === 'off' ? vscode.l10n.t('{0}, switched off', policy) : policy);
    if (config?.reach === 'host') parts.push(REACH_LABELS.host);
  }
  return parts.join(' · ');
}
