import * as vscode from 'vscode';
import { isOn, type Attachment, type Kept } from '../bypass/attachment.ts';
import { shareWords } from '../bypass/shareWords.ts';
import { REACH_LABELS } from '../bypass/reachWords.ts';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { listed, shortIds } from '../text.ts';
import { labelOf, type Labels } from './hostNodes.ts';
import { Pointed } from './pointed.ts';
import { readLoaded } from './readLoaded.ts';
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
 * @param next what to do, or what that means, where there is none.
 * @throws HostError where there is none.
 */
export async function pickBypass(
  context: Context,
  name: string,
  title: string,
  {
    remains,
    pointed,
    next = vscode.l10n.t('Load it first.'),
  }: { remains: boolean; pointed?: unknown; next?: string },
): Promise<ChosenBypass | undefined> {
  const { attachments, labels } = await readBypasses(context, name);
  const items = itemsOf(attachments, labels).filter(
    ({ value }) => remains || value.bypass.state === 'attached',
  );
  if (items.length > 0) return pickFrom(items, title, pointed);
  throw new HostError({
    kind: 'not-found',
    tried: vscode.l10n.t('find a bypass'),
    where: name,
    words: vscode.l10n.t('no sockmap bypass is loaded'),
    next,
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
  const { attachments, labels } = await readBypasses(context, name);
  const all = attachments.filter(({ state }) => state === 'attached');
  const items = itemsOf(all.filter(isOn), labels);
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

/** The bypasses that are loaded on a host, and those that it keeps. */
export const readBypasses = async (
  context: Context,
  name: string,
): Promise<{ attachments: readonly Attachment[]; kept: readonly Kept[]; labels: Labels }> => {
  const { status, labels } = await withProgress(
    vscode.l10n.t('Reading the bypass status of {0}', name),
    async (_report, signal) => readLoaded(await context.host(name), undefined, signal),
  );
  return { attachments: status.attachments, kept: status.kept ?? [], labels };
};

/** Containers by their names, with the path below; others by their paths. */
const itemsOf = (bypasses: readonly Attachment[], labels: Labels): Item<ChosenBypass>[] =>
  bypasses.flatMap((bypass): Item<ChosenBypass>[] => {
    const { cgroup = bypass.gone[0] ?? bypass.pins } = bypass;
    if (cgroup === undefined) return [];
    const name = labelOf(labels, cgroup);
    const item = { description: describe(bypass), value: { bypass, cgroup } };
    return [
      name === undefined
        ? { label: shortIds(cgroup), ...item }
        : { label: name, detail: cgroup, ...item },
    ];
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
    if (config?.share !== undefined) parts.push(shareWords(config.share));
  }
  return parts.join(' · ');
}
