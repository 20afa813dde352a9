import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { HostError } from './errors.ts';
import { scriptArgv } from './hostScript.ts';
import { parseOsRelease, type Distribution } from './packages.mjs';
import type { Privilege } from './privilege.ts';
import type { Runner } from './run.ts';
import { isWhole, newBoundary, parseSections } from './sections.ts';
import { parseJson } from './json.ts';

/** The equipment of a host, as it says itself. Versions are "major.minor[.patch]"; undefined: not there. */
export interface Facts {
  readonly kernel: string;
  readonly architecture: string;
  readonly distribution: Distribution;
  readonly cpus: number;
  readonly btf: boolean;
  readonly jit: boolean | undefined;
  readonly bpffs: boolean;
  /** Mount point of cgroup v2: `/sys/fs/cgroup`, or `/sys/fs/cgroup/unified` beside v1. */
  readonly cgroupMount: string | undefined;
  readonly clang: string | undefined;
  readonly clangTargetsBpf: boolean;
  readonly clangd: string | undefined;
  readonly bpftool: string | undefined;
  /** Whether bpftool knows every kind of type the kernel has: old ones do not know a new kernel's. */
  readonly bpftoolReadsBtf: boolean;
  readonly libbpfHeaders: boolean;
  /** The version that programs of the host are built with, where its headers or its package say it. */
  readonly libbpf: string | undefined;
  /** That of util-linux, with which root's compiler is another user. */
  readonly setpriv: boolean;
  /** Reserves the number of that user. BusyBox's does, too. */
  readonly flock: boolean;
  /** Whether systemd runs there, which can keep a bypass across reboots. */
  readonly systemd: boolean;
  readonly netperf: string | undefined;
  readonly netserver: string | undefined;
  /** Tools that are there and do not run, with their words instead of a version. */
  readonly broken: Readonly<Record<string, string>>;
  readonly privilege: Privilege;
  /** sock_ops and sk_msg programs that are not ours; undefined where only root may look. */
  readonly otherPrograms: readonly LoadedProgram[] | undefined;
}

const loadedProgram = z.object({
  id: z.int(),
  type: z.string(),
  name: z.string().default(''),
  tag: z.string().default(''),
  pinned: z.array(z.string()).default([]),
});
type LoadedProgram = z.infer<typeof loadedProgram>;

/** Where everything of ours is pinned (fixed: other tools look there). */
export const PIN_ROOT = '/sys/fs/bpf/sockmap-bypass';

/** Collects the facts in one round trip; as root when `becomeRoot` has succeeded before. */
export async function collectFacts(
  host: Runner,
  options: { root: boolean; signal?: AbortSignal | undefined },
): Promise<Facts> {
  const boundary = newBoundary();
  const privilege = await host.privilege(options.signal);
  const tried = l10n.t('read the facts of the host');
  const { stdout, exitCode } = await host.run(scriptArgv('facts.sh', boundary), {
    tried,
    ...options,
  });
  if (!isWhole(stdout, boundary)) {
    const words = l10n.t('the script that reads them ended early, with exit code {0}', exitCode);
    const next = l10n.t("Look at the host's memory and limits, then try again.");
    throw new HostError({ kind: 'command', tried, where: host.name, words, next });
  }
  return parseFacts(stdout, boundary, privilege);
}

/** @param text `clangd --version`. */
export const clangdVersion = (text: string): string | undefined =>
  /clangd version (\d+(?:\.\d+)*)/.exec(text)?.[1];

/** @param text `bpftool version`. */
export const bpftoolVersion = (text: string): string | undefined =>
  /bpftool v(\d+(?:\.\d+)+)/.exec(text)?.[1];

/** @param text the script's output: sections, each headed by the boundary and a name. */
export function parseFacts(text: string, boundary: string, privilege: Privilege): Facts {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const section = (name: string): string => sections.get(name) ?? '';
  const mounts = parseMounts(section('mounts'));
  const jit = section('jit');
  const versions = {
    clang: /clang version (\d+\.\d+\.\d+)/.exec(section('clang'))?.[1],
    clangd: clangdVersion(section('clangd')),
    bpftool: bpftoolVersion(section('bpftool')),
    netperf: /version (\d+\.\d+(?:\.\d+)?)/i.exec(section('netperf'))?.[1],
    netserver: /version (\d+\.\d+(?:\.\d+)?)/i.exec(section('netserver'))?.[1],
  };
  const there = section('there').split('\n');
  return {
    ...versions,
    broken: Object.fromEntries(
      Object.entries(versions)
        .filter(([tool, version]) => version === undefined && there.includes(tool))
        .map(([tool]) => [tool, section(tool).slice(0, 2000)]),
    ),
    kernel: section('kernel'),
    architecture: section('architecture'),
    distribution: parseOsRelease(section('distribution')),
    cpus: Number(/^[1-9]\d{0,5}$/.exec(section('cpus'))?.[0] ?? 1),
    btf: section('btf') === 'yes',
    jit: jit === '' ? undefined : jit !== '0',
    bpffs: mounts.some(({ type, point }) => type === 'bpf' && point === '/sys/fs/bpf'),
    cgroupMount: cgroupMount(mounts),
    clangTargetsBpf: /^[ \t]*bpf[ \t]/m.test(section('targets')),
    bpftoolReadsBtf: section('types') === 'yes',
    libbpfHeaders: section('headers') === 'yes',
    libbpf: libbpfVersion(section('libbpf')),
    setpriv: section('setpriv').includes('util-linux'),
    flock: section('flock') === 'yes',
    systemd: section('systemd') === 'yes',
    privilege,
    otherPrograms: parsePrograms(section('programs')),
  };
}

/** @param text libbpf_version.h, since 0.6, and libbpf.pc of the package, as far as they are there. */
function libbpfVersion(text: string): string | undefined {
  const [major, minor] = ['MAJOR', 'MINOR'].map(
    (part) => new RegExp(`^#define LIBBPF_${part}_VERSION (\\d{1,4})$`, 'm').exec(text)?.[1],
  );
  return major === undefined || minor === undefined
    ? /^Version: (\d{1,4}(?:\.\d{1,4})+)$/m.exec(text)?.[1]
    : `${major}.${minor}`;
}

/**
 * The own tree first. A container's may be the host's (root "/../..") or a part of it ("/docker/…"), at the
 * usual places; a part bound anywhere else is for somebody's purpose.
 */
function cgroupMount(mounts: readonly { root: string; point: string; type: string }[]) {
  const rank = (root: string) => (root === '/' ? 0 : /^(\/\.\.)+$/.test(root) ? 1 : 2);
  return mounts
    .filter(({ type }) => type === 'cgroup2')
    .filter(({ root, point }) => rank(root) < 2 || /^\/sys\/fs\/cgroup(\/|$)/.test(point))
    .sort((a, b) => rank(a.root) - rank(b.root) || a.root.length - b.root.length)[0]?.point;
}

/** proc(5), mountinfo: "id parent major:minor root point options… - type source options". */
function parseMounts(text: string): { root: string; point: string; type: string }[] {
  const decode = (word = ''): string =>
    word.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
  return text.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ');
    const words = left?.split(' ') ?? [];
    const [root, point, type] = [decode(words[3]), decode(words[4]), right?.split(' ')[0]];
    // The way upwards from a mount point has to have an end.
    return type === undefined || !point.startsWith('/') ? [] : [{ root, point, type }];
  });
}

function parsePrograms(text: string): LoadedProgram[] | undefined {
  try {
    return z
      .array(loadedProgram)
      .parse(parseJson(text))
      .filter(({ type }) => type === 'sock_ops' || type === 'sk_msg')
      .filter(({ pinned }) => !pinned.some((pin) => pin.startsWith(`${PIN_ROOT}/`)));
  } catch {
    return undefined;
  }
}
