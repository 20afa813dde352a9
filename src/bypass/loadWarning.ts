import * as l10n from '@vscode/l10n';
import { faultsOf } from './faults.ts';
import type { SpliceReader } from './spliceReaders.ts';
import { listed } from '../text.ts';
import type { BypassStatus } from './attachment.ts';

export interface LoadWarning {
  readonly message: string;
  readonly detail: string;
  /** Programs would stall: not to be loaded before somebody has agreed. */
  readonly grave: boolean;
}

/**
 * Reports before a load what it does to programs; undefined where nothing is wrong.
 * @param faults ids of what was seen on the host.
 * @param readers processes of the cgroup that are known to read with splice().
 */
export function loadWarning(
  kernel: string,
  faults: readonly string[],
  readers: readonly SpliceReader[] = [],
): LoadWarning | undefined {
  const [worst, ...more] = faultsOf(faults);
  if (worst === undefined) return undefined;
  const { brief, grave } = worst;
  const running = faults.includes('splice') ? describeReaders(readers) : undefined;
  const others = more.filter((one) => !one.grave).map((one) => one.brief);
  return {
    message: grave
      ? l10n.t('On Linux {0}: {1}; some programs may stall', kernel, brief)
      : l10n.t('On Linux {0}: {1}', kernel, brief),
    detail: [
      ...(running === undefined ? [] : [running]),
      ...[worst, ...more]
        .filter((fault) => fault === worst || fault.grave)
        .map((fault) => `${fault.wrong} ${fault.consequence}`),
      ...(grave ? [l10n.t('Do not load it into a cgroup that has such programs.')] : []),
      ...(others.length === 0
        ? []
        : [l10n.t('Few programs depend on the rest: {0}.', others.join('; '))]),
      l10n.t('“Check socket semantics” shows all that differs.'),
    ].join('\n\n'),
    grave,
  };
}

/** Where the sockets were not probed, or not all of them. */
export const doubtWords = (host: string, why: string): string =>
  l10n.t(
    'The sockets of {0} could not be probed: {1}. So it is not known what its kernel does to programs on bypassed sockets.',
    host,
    why.replace(/\.$/, ''),
  );

const KINDS: Readonly<Record<SpliceReader['kind'], string>> = {
  get go() {
    return l10n.t('in Go');
  },
  haproxy: 'HAProxy',
};
const NAMED = 5;

/** Names of the programs, each once, and one of its processes. */
function describeReaders(readers: readonly SpliceReader[]): string | undefined {
  const programs = new Map(readers.map((one) => [readerName(one), one.pid]));
  if (programs.size === 0) return undefined;
  const names = Array.from(programs, ([name, pid]) => l10n.t('{0}, process {1}', name, pid));
  const rest = names.length - NAMED;
  const more = rest > 0 ? `; ${l10n.t('and {0} more', rest)}` : '';
  return l10n.t(
    'Running in this cgroup, and known to read with splice(): {0}{1}.',
    names.slice(0, NAMED).join('; '),
    more,
  );
}

/** By which an accepted program is known again. */
export const readerName = ({ name, kind }: SpliceReader): string => `${name} (${KINDS[kind]})`;

/** Sentences more, where the programs did not get all of a host's addresses, or the reach that was wanted. */
export const noteWords = ({ addressesCapped, reachRefused, shareRefused }: BypassStatus): string =>
  (addressesCapped === true
    ? ` ${l10n.t(
        'The host has more addresses than the programs take: some connections stay on TCP. Name their networks as local (sockmapBypass.guarded.localNetworks, --local-network).',
      )}`
    : '') +
  // These are facts about the kernel, which a person has heard before.
  (reachRefused === 'programs'
    ? ` ${l10n.t('These programs know no reach: they stay within each network namespace.')}`
    : '') +
  (shareRefused === true
    ? ` ${l10n.t('These programs know no share: they bypass all new connections.')}`
    : '');

/** For cgroups of which some are in others. */
export function coveredWords(
  named: readonly string[],
  loaded: readonly string[],
): string | undefined {
  const covered = Array.from(new Set(named)).filter((one) => !loaded.includes(one));
  if (covered.length === 0) return undefined;
  return covered.length === 1
    ? l10n.t('{0} is already covered by a cgroup above it.', listed(covered))
    : l10n.t('{0} are already covered by cgroups above them.', listed(covered));
}

/** For a load on the root cgroup. */
export const rootWarning = (host: string): string =>
  l10n.t('The root cgroup holds every process of {0}.', host);
export const rootDetail = (): string =>
  l10n.t(
    'The bypass would carry all of their local connections, and nothing would be left outside to compare with.',
  );
