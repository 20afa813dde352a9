import * as l10n from '@vscode/l10n';
import type { Program } from '../host/cgroups.ts';

/** Programs known to suffer from faults of the list (faults.ts), by how their processes are called. */
interface Known {
  readonly title: string;
  readonly names: readonly string[];
  /** Ids of faults. */
  readonly faults: readonly string[];
}

const FIONREAD = ['fionread-tcp', 'fionread'];

const KNOWN: readonly Known[] = [
  { title: 'nginx', names: ['nginx'], faults: FIONREAD },
  { title: 'Java', names: ['java'], faults: FIONREAD },
  { title: '.NET', names: ['dotnet'], faults: FIONREAD },
  { title: 'HAProxy', names: ['haproxy'], faults: ['splice'] },
  // Proxies in Go: io.Copy is splice() there.
  ...['docker-proxy', 'traefik', 'caddy', 'cloudflared', 'frps', 'frpc'].map((name) => ({
    title: name,
    names: [name],
    faults: ['splice', 'wake-ups'],
  })),
  { title: 'Node.js', names: ['node'], faults: ['wake-ups'] },
];

/** Why a program of a kind suffers, by the fault; as short as fits beside a cgroup in a list. */
const why = (fault: string, program: string): string => {
  switch (fault) {
    case 'splice':
      return l10n.t('{0} may stall: splice() finds no data on bypassed sockets', program);
    case 'wake-ups':
      return l10n.t('{0} may stall: edge-triggered epoll misses messages', program);
    default:
      return l10n.t('{0} may stall: FIONREAD returns 0 while data is waiting', program);
  }
};

/**
 * Words on each known program among those of a cgroup that a bypass on this kernel would hurt.
 * @param faults ids of what was seen on the host's kernel; undefined: it was not probed yet.
 */
export function sufferers(
  programs: readonly Program[],
  faults: readonly string[] | undefined,
): string[] {
  const here = new Set(programs.map(({ name }) => name));
  const found = KNOWN.filter(({ names }) => names.some((name) => here.has(name)));
  if (faults !== undefined) {
    return found.flatMap((known) => {
      const fault = known.faults.find((one) => faults.includes(one));
      return fault === undefined ? [] : [why(fault, known.title)];
    });
  }
  // No program is known to suffer from lost edges: it would be said of every Node.js.
  return found
    .filter((known) => known.faults.some((one) => one !== 'wake-ups'))
    .map(({ title }) =>
      l10n.t('{0} stalls on some kernels: this one is probed before a load', title),
    );
}
