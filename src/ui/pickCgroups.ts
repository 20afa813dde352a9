import * as vscode from 'vscode';
import { rootDetail, rootWarning } from '../bypass/loadWarning.ts';
import type { Context } from '../context.ts';
import { existingCgroups, listCgroups } from '../host/cgroups.ts';
import { offeredFirst as configured } from '../workspace/checkedSettings.ts';
import { cgroupItems } from './cgroupItems.ts';
import { rememberedFaults } from './faultMemory.ts';
import { form, goBack } from './form.ts';
import { pickMany, offeredFirst, pickOrType, pickSeveralOrType, type Item } from './quickPick.ts';
import { withProgress } from './progress.ts';
import { confirm } from './window.ts';

/**
 * Asks for cgroups of the host's v2 tree, or any paths in it; warns before the root, however it is spelled.
 * @param without full paths of those that are not to be offered.
 * @returns full paths, of cgroups that are there.
 * @throws HostError where what was typed is none.
 */
export const pickCgroups = (
  context: Context,
  name: string,
  title: string,
  without: readonly string[] = [],
): Promise<string[] | undefined> => form(() => askForCgroups(context, name, title, without));

async function askForCgroups(
  context: Context,
  name: string,
  title: string,
  without: readonly string[],
): Promise<string[] | undefined> {
  const { mount, items } = await readCgroups(context, name);
  const chosen = await pickOneOrSeveral(
    items.filter(({ value }) => !without.includes(value)),
    name,
    title,
  );
  if (chosen === undefined) return undefined;
  const full = await withProgress(vscode.l10n.t('Checking {0}', name), async (_report, signal) =>
    existingCgroups(await context.host(name), mount, chosen, signal),
  );
  if (!full.includes(mount)) return full;
  const sure = await confirm(rootWarning(name), {
    detail: vscode.l10n.t(
      '{0} Choose the cgroup of one service unless you mean that.',
      rootDetail(),
    ),
    go: vscode.l10n.t('Use the Root Cgroup'),
    stay: vscode.l10n.t('Choose Another'),
  });
  return sure ? full : goBack();
}

/** Asks for some of these cgroups, by their full paths. */
export async function pickOfCgroups(
  context: Context,
  name: string,
  among: readonly string[],
  options: { title: string; placeHolder: string },
): Promise<string[] | undefined> {
  const { items } = await readCgroups(context, name);
  const offered = items.filter(({ value }) => among.includes(value));
  const chosen = await pickMany(offered, options);
  return chosen?.map(({ value }) => value);
}

const readCgroups = (
  context: Context,
  name: string,
): Promise<{ mount: string; items: Item<string>[] }> =>
  withProgress(vscode.l10n.t('Reading the cgroups of {0}', name), async (_report, signal) => {
    const host = await context.host(name);
    const { facts, mount } = await host.ready('control', signal);
    const cgroups = await listCgroups(host, mount, { root: true, signal });
    const faults = rememberedFaults(context, facts.kernel);
    const known = context.assessed.of(name);
    const assessed = known && { traffic: known.assessment, ageMs: Date.now() - known.at };
    return { mount, items: cgroupItems(cgroups, mount, faults, assessed) };
  });

/** Whether it is the cgroup of the settings, which may leave out the mount. */
const isNamed =
  (cgroup = '') =>
  ({ value }: Item<string>): boolean =>
    cgroup !== '' && (value === cgroup || value.endsWith(`/${cgroup.replace(/^\//, '')}`));

/** One is the usual choice, and as quick as without several. */
async function pickOneOrSeveral(
  items: readonly Item<string>[],
  name: string,
  title: string,
): Promise<string[] | undefined> {
  const typed = (value: string): Item<string> => ({
    icon: 'edit',
    label: vscode.l10n.t('Another path'),
    detail: value,
    value,
  });
  const several = {
    icon: 'checklist',
    label: vscode.l10n.t('Several cgroups…'),
    value: '',
    description: vscode.l10n.t('such as containers that talk to each other'),
  };
  const { cgroup } = configured(name);
  const offered = offeredFirst([several, ...items], isNamed(cgroup));
  const one = await pickOrType(offered, {
    title,
    typed,
    placeholder: vscode.l10n.t('Choose a cgroup of {0}, or type its path', name),
    start: offered.find(({ value }) => value !== several.value),
  });
  if (one !== several.value) return one === undefined ? undefined : [one];
  return pickSeveralOrType(items, {
    title,
    typed,
    placeholder: vscode.l10n.t(
      'Select cgroups of {0}, or type a path and select it; then press Enter',
      name,
    ),
  });
}
