import { bypassStatus } from '../bypass/load.ts';
import type { Attachment } from '../bypass/attachment.ts';
import { ROOT_DETAIL, rootWarning } from '../bypass/loadWarning.ts';
import type { Context } from '../context.ts';
import { isRootCgroup, listCgroups, type Cgroup } from '../host/cgroups.ts';
import { HostError } from '../host/errors.ts';
import {
  configuredAliases,
  preferredHost,
  recentHosts,
  rememberHost,
} from '../workspace/knownHosts.ts';
import { pickOrType, type Item } from './quickPick.ts';
import { withProgress } from './progress.ts';
import { confirm, pickMany } from './window.ts';

/** Asks for a host: the ones used before, the aliases of the ssh configuration, or any other. */
export async function pickHost(context: Context, title: string): Promise<string | undefined> {
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
  const recent = recentHosts(context);
  const preferred = preferredHost();
  const aliases = await configuredAliases();
  const names = new Set([...(preferred === '' ? [] : [preferred]), ...recent, ...aliases, 'local']);
  return Array.from(names, (name): Item<string> => ({
    label: name,
    description: describeHost(name, preferred, recent),
    value: name,
  }));
}

function describeHost(name: string, preferred: string, recent: readonly string[]): string {
  if (name === 'local') return 'this machine, without ssh';
  if (name === preferred) return 'from your settings';
  return recent.includes(name) ? 'used before' : 'from your ssh configuration';
}

/** Asks for a cgroup of the host's v2 tree, or any path in it; warns before the root. */
export async function pickCgroup(
  context: Context,
  name: string,
  title: string,
): Promise<string | undefined> {
  const host = await context.host(name);
  const { mount, cgroups } = await withProgress(
    `Reading the cgroups of ${name}`,
    async (_report, signal) => {
      const { mount } = await host.ready('control', signal);
      return { mount, cgroups: await listCgroups(host, mount, { root: true, signal }) };
    },
  );
  const cgroup = await pickOrType(
    // The root, a choice to be made with care, comes last.
    [...cgroups.slice(1), ...cgroups.slice(0, 1)].map((one) => cgroupItem(one, mount)),
    {
      title,
      placeholder: `Choose a cgroup of ${name}, or type its path`,
      typed: (value) => ({ icon: 'edit', label: 'Another path', detail: value, value }),
    },
  );
  if (cgroup === undefined || !isRootCgroup(name, mount, cgroup)) return cgroup;
  const sure = await confirm(rootWarning(name), {
    detail: `${ROOT_DETAIL} Choose the cgroup of one service unless you mean that.`,
    go: 'Use the Root Cgroup',
    stay: 'Choose Another',
  });
  return sure ? cgroup : undefined;
}

function cgroupItem({ path: full, processes, label }: Cgroup, mount: string): Item<string> {
  // A unit's name mostly stands in the path already; a container's does not.
  const names = label === undefined || full.endsWith(`/${label}`) ? [] : [label];
  const count = processes === 1 ? '1 process' : `${processes.toLocaleString('en')} processes`;
  return {
    label: full === mount ? '/' : full.slice(mount.length),
    description: full === mount ? `every process: ${count}` : [...names, count].join(' · '),
    value: full,
  };
}

/**
 * Asks for one of the cgroups with a bypass; without a question where there is just one.
 * @param remains whether what is no longer attached can be chosen, too.
 * @returns the cgroup; of one that is gone its old name, or the pin directory, which has no other.
 */
export async function pickAttachment(
  context: Context,
  name: string,
  title: string,
  { remains }: { remains: boolean },
): Promise<string | undefined> {
  const { attachments } = await withProgress(
    `Reading the bypass status of ${name}`,
    async (_report, signal) => bypassStatus(await context.host(name), signal),
  );
  const items = attachments.flatMap(
    ({ cgroup, gone, pins, state, policy, config }): Item<string>[] => {
      const value = cgroup ?? gone[0] ?? pins;
      if (value === undefined || (!remains && state !== 'attached')) return [];
      const description =
        state === 'attached'
          ? policyText(policy, config)
          : state === 'loading'
            ? 'being loaded'
            : `left behind${cgroup === undefined ? ', its cgroup is gone' : ''}`;
      return [{ label: value, description, value }];
    },
  );
  if (items.length === 0) {
    throw new HostError({
      kind: 'not-found',
      tried: 'find a bypass',
      where: name,
      words: 'no sockmap bypass is loaded',
      next: 'Load it first.',
    });
  }
  return items.length === 1
    ? items[0]?.value
    : pickOrType(items, { title, placeholder: 'Choose a cgroup' });
}

const policyText = (policy: Attachment['policy'], config: Attachment['config']): string =>
  config?.mode === 'off' ? `${policy}, switched off` : policy;
