import { arch, hostname, userInfo } from 'node:os';
import type { Problem } from '../host/errors.ts';
import type { Facts } from '../host/facts.ts';
import { hostIssues } from '../host/issues.ts';
import { masked } from './mask.ts';
import { visible } from '../text.ts';

/** A host that was worked with in this window. */
export interface DiagnosedHost {
  readonly name: string;
  /** Undefined where they cannot be read now. */
  readonly facts: Facts | undefined;
}

export interface Diagnosed {
  /** Versions by the name of what has them. */
  readonly versions: Readonly<Record<string, string>>;
  /** The last failure that a person has seen. */
  readonly problem: Problem | undefined;
  readonly hosts: readonly DiagnosedHost[];
  /** The last lines of the log. */
  readonly log: string;
}

/** All of it as text for a report of a fault; nothing of it is masked yet. */
export function diagnosticsText({ versions, problem, hosts, log }: Diagnosed): string {
  const parts = [
    list('Versions', versions),
    ...(problem === undefined ? [] : [list('Last failure', failure(problem))]),
    ...hosts.map(({ name, facts }) =>
      facts === undefined ? `Host ${name}: not reached` : list(`Host ${name}`, factRows(facts)),
    ),
    `Log\n${log}`,
  ];
  return `${visible(parts.join('\n\n'))}\n`;
}

const list = (title: string, rows: Readonly<Record<string, string>>): string =>
  [title, ...Object.entries(rows).map(([name, text]) => `  ${name}: ${indented(text)}`)].join('\n');

const indented = (text: string): string => text.trim().replaceAll('\n', '\n    ');

const failure = ({ kind, tried, where, words, exitCode, next }: Problem) => ({
  kind,
  tried,
  ...(where !== undefined && { where }),
  ...(exitCode !== undefined && { 'exit status': String(exitCode) }),
  words: words.slice(-8000),
  next,
});

function factRows(facts: Facts): Record<string, string> {
  const { kernel, architecture, distribution, cpus, privilege, cgroupMount } = facts;
  const tool = (name: 'clang' | 'clangd' | 'bpftool' | 'libbpf' | 'netperf' | 'netserver') =>
    `${name} ${facts[name] ?? (facts.broken[name] === undefined ? 'missing' : 'broken')}`;
  const has = Object.entries({
    BTF: facts.btf,
    JIT: facts.jit === true,
    bpffs: facts.bpffs,
    setpriv: facts.setpriv,
    flock: facts.flock,
    'libbpf headers': facts.libbpfHeaders,
  });
  return {
    system: `Linux ${kernel}, ${architecture}, ${distribution.name}, ${cpus} CPUs`,
    tools: (['clang', 'clangd', 'bpftool', 'libbpf', 'netperf', 'netserver'] as const)
      .map(tool)
      .join(', '),
    has: has.map(([name, there]) => `${there ? '' : 'no '}${name}`).join(', '),
    rights: privilege,
    'cgroup v2': cgroupMount ?? 'not mounted',
    findings: hostIssues(facts)
      .map(({ id, severity }) => `${id} (${severity})`)
      .join(', '),
  };
}

/** The names to mask: those of hosts as a person gives them to ssh, this machine's, and this account's. */
function namesToMask(hosts: readonly string[]): { hosts: string[]; users: string[] } {
  const places = hosts.map((one) => one.replace(/^ssh:\/\//i, '').replace(/:\d+$/, ''));
  const own = hostname();
  return {
    hosts: [...places.map((one) => one.slice(one.lastIndexOf('@') + 1)), own, ...own.split('.', 1)],
    users: [
      ...places.flatMap((one) => (one.includes('@') ? [one.slice(0, one.lastIndexOf('@'))] : [])),
      userInfo().username,
    ],
  };
}

/** For a clipboard: the text with hosts, users, addresses and secrets masked. */
export const maskedDiagnostics = (diagnosed: Diagnosed, hosts: readonly string[]): string =>
  masked(diagnosticsText(diagnosed), namesToMask(hosts));

export const platform = (): string => `${process.platform} ${arch()}`;
