import * as l10n from '@vscode/l10n';
import { existingCgroups } from '../host/cgroups.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { isWhole, newBoundary, parseSections } from '../host/sections.ts';

/** Where the processes of cgroups are, for the question about reach. */
export interface NetworkNamespaces {
  /** Network namespaces that processes of the cgroups are in. */
  readonly count: number;
  /** Those of them whose processes are in a user namespace of their own: they are paired with no others. */
  readonly userOwned: number;
  /** Whether there may be more: a host with very many processes or namespaces is not read to its end. */
  readonly capped: boolean;
  /** Whether the kernel has what reach `host` needs; else a load stays within the namespace. */
  readonly canReachHost: boolean;
}

/**
 * Finds in how many network namespaces the processes of cgroups are now.
 * @param cgroups names, as for a load.
 * @throws HostError also of kind `not-found` where one of them is no cgroup.
 */
export async function networkNamespaces(
  host: Host,
  cgroups: readonly string[],
  signal?: AbortSignal,
): Promise<NetworkNamespaces> {
  const { mount } = await host.ready('control', signal);
  const paths = await existingCgroups(host, mount, cgroups, signal);
  const boundary = newBoundary();
  const tried = l10n.t('find the network namespaces of the cgroups');
  const text = await host.check(scriptArgv('namespaces.sh', boundary, ...paths), {
    tried,
    root: true,
    signal,
  });
  if (!isWhole(text, boundary)) {
    const words = l10n.t('the script that finds them ended early');
    const next = l10n.t("Look at the host's memory and limits, then try again.");
    throw new HostError({ kind: 'command', tried, where: host.name, words, next });
  }
  return parseNamespaces(text, boundary);
}

/** @param text output of namespaces.sh; lines of another form are passed over. */
export function parseNamespaces(text: string, boundary: string): NetworkNamespaces {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const lines = sections.get('namespaces') ?? '';
  const used = Array.from(lines.matchAll(/^([012]) [1-9]\d{0,9} \d{1,10}$/gm), ([, rank]) => rank);
  return {
    count: used.length,
    userOwned: used.filter((rank) => rank === '2').length,
    capped: /^more$/m.test(lines),
    canReachHost: sections.get('reach') === 'host',
  };
}
