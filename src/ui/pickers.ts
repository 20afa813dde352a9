import { ROOT_DETAIL, rootWarning } from '../bypass/loadWarning.ts';
import type { Context } from '../context.ts';
import { existingCgroups, listCgroups, type Cgroup } from '../host/cgroups.ts';
import { likelyFirst } from '../workspace/hostList.ts';
import { listHosts, rememberHost } from '../workspace/knownHosts.ts';
import { originText } from './hostOrigin.ts';
import { Pointed } from './pointed.ts';
import { pickOrType, pickSeveralOrType, type Item } from './quickPick.ts';
import { withProgress } from './progress.ts';
import { confirm, pickMany } from './window.ts';

/**
 * Asks for a host: the ones used before, the aliases of the ssh configuration, or any other.
 * @param pointed the command's argument: a host that a person pointed at is not asked for.
 */
export async function pickHost(
  context: Context,
  title: string,
  pointed?: unknown,
): Promise<string | undefined> {
  if (pointed instanceof Pointed) return pointed.host;
  const items = await hostItems(context);
  const host = await pickOrType(items, {
    title,
    placeholder: 'Choose a host, or type user@host',
    typed: (value) => ({ icon: 'edit', label: 'Another host', detail: value, value }),
  });
  if (host !== undefined) await rememberHost(context, host);
  return host;
}

/** Asks for several of the known hosts. */
export async function pickHosts(context: Context, title: string): Promise<string[] | undefined> {
  const items = await hostItems(context);
  const chosen = await pickMany(items, { title, placeHolder: 'Choose hosts' });
  return chosen === undefined || chosen.length === 0 ? undefined : chosen.map(({ value }) => value);
}

async function hostItems(context: Context): Promise<Item<string>[]> {
  return likelyFirst(await listHosts(context)).map(({ name, origin }): Item<string> => ({
    label: name,
    description: originText(origin),
    value: name,
  }));
}

/**
 * Asks for cgroups of the host's v2 tree, or any paths in it; warns before the root.
 * @param without full paths of those that are not to be offered.
 */
export async function pickCgroups(
  context: Context,
  name: string,
  title: string,
  without: readonly string[] = [],
): Promise<string[] | undefined> {
  const { mount, cgroups } = await readCgroups(context, name);
  const [root, ...others] = cgroups;
  // The root, a choice to be made with care, comes last.
  const items = [...others, ...(root === undefined ? [] : [root])]
    .filter(({ path }) => !without.includes(path))
    .map((one) => cgroupItem(one, mount));
  const chosen = await pickOneOrSeveral(items, name, title);
  if (chosen === undefined) return undefined;
  const full = await withProgress(`Checking ${name}`, async (_report, signal) =>
    existingCgroups(await context.host(name), mount, chosen, signal),
  );
  if (!full.includes(mount)) return full;
  const sure = await confirm(rootWarning(name), {
    detail: `${ROOT_DETAIL} Choose the cgroup of one service unless you mean that.`,
    go: 'Use the Root Cgroup',
    stay: 'Choose Another',
  });
  return sure ? full : undefined;
}

/** Asks for some of these cgroups, by their full paths. */
export async function pickOfCgroups(
  context: Context,
  name: string,
  among: readonly string[],
  options: { title: string; placeHolder: string },
): Promise<string[] | undefined> {
  const { mount, cgroups } = await readCgroups(context, name);
  const items = cgroups
    .filter(({ path }) => among.includes(path))
    .map((one) => cgroupItem(one, mount));
  const chosen = await pickMany(items, { ...options, matchOnDetail: true });
  return chosen === undefined || chosen.length === 0 ? undefined : chosen.map(({ value }) => value);
}

const readCgroups = (
  context: Context,
  name: string,
): Promise<{ mount: string; cgroups: Cgroup[] }> =>
  withProgress(`Reading the cgroups of ${name}`, async (_report, signal) => {
    const host = await context.host(name);
    const { mount } = await host.ready('control', signal);
    return { mount, cgroups: await listCgroups(host, mount, { root: true, signal }) };
  });

/** One is the usual choice, and as quick as without several. */
async function pickOneOrSeveral(
  items: readonly Item<string>[],
  name: string,
  title: string,
): Promise<string[] | undefined> {
  const typed = (value: string): Item<string> => ({
    icon: 'edit',
    label: 'Another path',
    detail: value,
    value,
  });
  const several = {
    icon: 'checklist',
    label: 'Several cgroups…',
    value: '',
    description: 'such as containers that talk to each other',
  };
  const one = await pickOrType([several, ...items], {
    title,
    typed,
    placeholder: `Choose a cgroup of ${name}, or type its path`,
  });
  if (one !== several.value) return one === undefined ? undefined : [one];
  return pickSeveralOrType(items, {
    title,
    typed,
    placeholder: `Tick cgroups of ${name}, or type a path and tick it; then Enter`,
  });
}

function cgroupItem({ path: full, processes, label }: Cgroup, mount: string): Item<string> {
  const count = processes === 1 ? '1 process' : `${processes.toLocaleString('en')} processes`;
  const path = full === mount ? '/' : full.slice(mount.length);
  // A unit's name mostly stands in the path already; a container's does not, and its path is too long for a line.
  if (label !== undefined && !full.endsWith(`/${label}`))
    return { label, description: count, detail: path, value: full };
  const description = full === mount ? `every process: ${count}` : count;
  return { label: path, description, value: full };
}
