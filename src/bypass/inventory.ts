import * as l10n from '@vscode/l10n';
import { stringify } from 'yaml';
import { decoded, destinationFault } from '../host/destination.ts';
import { HostError } from '../host/errors.ts';
import { shellLine } from '../host/quote.ts';
import type { Reach } from './config.ts';

/** Variables for a playbook of deploy/ansible. */
export interface RollOut {
  /** Host strings; each once. */
  readonly hosts: readonly string[];
  /** Paths, below the mount of cgroups or with it. */
  readonly cgroups: readonly string[];
  readonly reach: Reach;
  /** The folder with the programs, on this machine. */
  readonly source: string;
  /** The command line, as the words to run it by. */
  readonly cli: readonly string[];
  /** Where documents come, on this machine. */
  readonly results: string;
  readonly profile: string;
  /** A plan file, in place of the profile. */
  readonly plan?: string | undefined;
  readonly ssh: { readonly program?: string; readonly configFile?: string };
}

/** An inventory, and what each host is called in it. */
export interface Inventory {
  /** YAML, for `ansible-playbook -i`. */
  readonly text: string;
  /** By the name in the inventory, which Ansible prints and documents are called by: the host string. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * The inventory of a roll-out. What Ansible would take for a template, a pattern or an option is refused.
 * @throws HostError of kind `input`.
 */
export function inventoryOf(rollOut: RollOut): Inventory {
  const { cgroups, reach, source, cli, results, profile, plan = '', ssh } = rollOut;
  for (const cgroup of cgroups) checkCgroup(cgroup);
  const { program, configFile } = ssh;
  const values = [source, ...cli, results, profile, plan, program ?? '', configFile ?? ''];
  const template = values.find((value) => /\{[{%#]/.test(value) || /\p{Cc}/u.test(value));
  if (template !== undefined)
    throw refused(template, l10n.t('Ansible would take it for a template'));
  const hosts = namedHosts(rollOut.hosts);
  const vars = {
    bypass_cgroups: cgroups,
    bypass_reach: reach,
    bypass_source: source,
    bypass_cli: cli,
    bypass_results: results,
    bypass_profile: profile,
    ...(plan !== '' && { bypass_plan: plan }),
    bypass_ssh_options: [
      ...(configFile === undefined ? [] : ['--ssh-config', configFile]),
      ...(program === undefined ? [] : ['--ssh', program]),
    ],
    // Ansible splits it as a shell does.
    ...(configFile !== undefined && { ansible_ssh_common_args: shellLine(['-F', configFile]) }),
    ...(program !== undefined && { ansible_ssh_executable: program }),
  };
  const all = {
    hosts: Object.fromEntries(Array.from(hosts, ([name, host]) => [name, connection(host)])),
    vars,
  };
  // PyYAML reads 1.1, in which no and 1:30 are no strings: values are quoted.
  const text = stringify(
    { all },
    { version: '1.1', defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 },
  );
  return { text, names: hosts };
}

/** As the role does, which would say it after it had connected. */
function checkCgroup(cgroup: string): void {
  const isPlain = /^\/?([\w@:.\\-]+\/)*[\w@:.\\-]+\/?$/.test(cgroup);
  if (!isPlain || /^-|(^|\/)\.\.?(\/|$)/.test(cgroup))
    throw refused(
      cgroup,
      l10n.t('a path of a cgroup has letters, digits and @ : . _ - \\ between slashes'),
    );
  if (/^\/sys\/fs\/cgroup(\/unified)?\/?$/.test(cgroup))
    throw refused(cgroup, l10n.t('it is the root of the cgroups'));
}

/** Names that mean something else to Ansible. */
const RESERVED = ['all', 'ungrouped', 'localhost'];

function namedHosts(hosts: readonly string[]): Map<string, string> {
  const named = new Map<string, string>();
  for (const host of new Set(hosts)) {
    const fault = host === 'local' ? undefined : destinationFault(host);
    if (fault !== undefined) throw refused(host, fault);
    // Ansible has patterns in names, such as web[1:3], and an address may be in there.
    const plain = partsOf(host).host.replace(/[^A-Za-z0-9_.-]+/g, '_');
    const base = /^[A-Za-z0-9]/.test(plain) && !RESERVED.includes(plain) ? plain : `host_${plain}`;
    let name = base;
    for (let number = 2; named.has(name); number++) name = `${base}_${number}`;
    named.set(name, host);
  }
  return named;
}

/** How Ansible and the command line reach a host. */
function connection(host: string): Record<string, string | number> {
  if (host === 'local') return { ansible_connection: 'local', bypass_ssh_host: host };
  const { user, host: name, port } = partsOf(host);
  return {
    ansible_host: name,
    ...(user !== undefined && { ansible_user: user }),
    ...(port !== undefined && { ansible_port: port }),
    bypass_ssh_host: host,
  };
}

/** The parts of a destination: an alias, user@host or ssh://user@host:port. */
function partsOf(destination: string): { user?: string; host: string; port?: number } {
  const isUri = destination.startsWith('ssh://');
  const rest = isUri ? destination.slice('ssh://'.length).replace(/\/$/, '') : destination;
  const at = rest.lastIndexOf('@');
  const user = at < 0 ? undefined : isUri ? decoded(rest.slice(0, at)) : rest.slice(0, at);
  const place = rest.slice(at + 1);
  const [, bracketed, plain = place, port] =
    (isUri ? /^(?:\[(.+)\]|([^[\]]*?))(?::(\d+))?$/.exec(place) : undefined) ?? [];
  return {
    host: bracketed ?? plain,
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port: Number(port) }),
  };
}

const refused = (value: string, words: string): HostError =>
  new HostError({
    kind: 'input',
    tried: l10n.t('write the inventory'),
    words: `${JSON.stringify(value)}: ${words}`,
    next: l10n.t('Choose others.'),
  });
