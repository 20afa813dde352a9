import { destinationFault } from '../host/destination.ts';

/** Where a host of a list comes from, in the order of what is most likely wanted. */
export type HostOrigin = 'local' | 'settings' | 'used' | 'configured' | 'failed';

export interface ListedHost {
  readonly name: string;
  /** `used`: a command has run there. `failed`: it was asked for, and none ever has. */
  readonly origin: HostOrigin;
}

interface Sources {
  /** The host of the settings; empty where none is set. */
  readonly preferred: string;
  /** Where commands have run, the last one first. */
  readonly worked: readonly string[];
  /** Those a person has asked for, the last one first. */
  readonly asked: readonly string[];
  /** Aliases of the ssh configuration. */
  readonly configured: readonly string[];
  /** Whether the extension itself runs on Linux, so that `local` can be worked with. */
  readonly hasLocal: boolean;
}

/** All known hosts, each once; those that never worked come last. */
export function hostList({
  preferred,
  worked,
  asked,
  configured,
  hasLocal,
}: Sources): ListedHost[] {
  const found = new Map<string, HostOrigin>();
  const add = (origin: HostOrigin, ...names: string[]): void => {
    for (const name of names) {
      const isPossible = name === 'local' ? hasLocal : destinationFault(name) === undefined;
      if (isPossible && !found.has(name)) found.set(name, origin);
    }
  };
  add('local', 'local');
  add('settings', preferred);
  add('used', ...worked);
  add('configured', ...configured);
  add('failed', ...asked);
  return Array.from(found, ([name, origin]) => ({ name, origin }));
}

/** For who chooses what to work with: this machine, of which one seldom thinks, after the hosts that are set up. */
export function likelyFirst(hosts: readonly ListedHost[]): ListedHost[] {
  const rank: readonly HostOrigin[] = ['settings', 'used', 'configured', 'local', 'failed'];
  return hosts.toSorted((a, b) => rank.indexOf(a.origin) - rank.indexOf(b.origin));
}

/** The list with a name at its front, and no longer than `most`. */
export const movedToFront = (
  names: readonly string[],
  name: string,
  most: number,
): readonly string[] => [name, ...names.filter((one) => one !== name)].slice(0, most);

/** Names that were stored, by whatever version: what is no host string is dropped. */
export function storedNames(stored: unknown, most: number): readonly string[] {
  if (!Array.isArray(stored)) return [];
  const names = stored.filter(
    (one): one is string => typeof one === 'string' && destinationFault(one) === undefined,
  );
  return Array.from(new Set(names)).slice(0, most);
}
