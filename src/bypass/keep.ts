import * as l10n from '@vscode/l10n';
import { existingCgroup } from '../host/cgroups.ts';
import { HostError } from '../host/errors.ts';
import type { Facts } from '../host/facts.ts';
import { scratchDirectory } from '../host/guard.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { upload } from '../host/upload.ts';
import {
  isAttached,
  serves,
  type Attachment,
  type BypassStatus,
  type Policy,
} from './attachment.ts';
import type { BpfSource } from './build.ts';
import { setupBatch, type GuardedLimits } from './config.ts';
import { isPlaceOf, keeperOf } from './keptWords.ts';
import { OCCUPIED } from './pins.ts';
import { readStatus } from './status.ts';

/** It compiles, has the kernel verify and probes sockets, on a host that may be slow. */
const KEEP_MS = 700_000;

/** The host's own files for a keep: its command, and `semantics.c`. */
interface KeepTools {
  readonly command: Uint8Array;
  readonly probe: Uint8Array;
}

export interface KeepOptions {
  /** One of the cgroups of a bypass that is on. */
  readonly cgroup: string;
  /** The programs of a policy. */
  readonly readSource: (policy: Policy) => Promise<BpfSource>;
  readonly tools: KeepTools;
  /** Settings that the loaded programs do not show: local networks, and how much the maps hold. */
  readonly limits?: GuardedLimits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has systemd of the host keep a bypass that is on, with its settings: it is loaded after each boot and each start
 * of its services. The kept programs take its place. Once the host has begun, cancelling comes too late.
 * @throws HostError where nothing is on that cgroup, or the host has no systemd; also where the programs fail there
 * what they did when they were loaded: then the host is as before.
 */
export async function keepBypass(host: Host, options: KeepOptions): Promise<BypassStatus> {
  const { cgroup: named, readSource, tools, limits = {}, signal } = options;
  const tried = l10n.t('keep the bypass');
  const { facts, mount } = await host.ready('load', signal);
  requireSystemd(host, facts, named);
  const cgroup = await existingCgroup(host, mount, named, signal);
  const { attachments, kept } = await readStatus(host, signal);
  const bypass = attachments.find((one) => isAttached(one) && serves(one, [cgroup]));
  if (bypass === undefined) throw nothingLoaded(host, cgroup);
  const source = await readSource(bypass.policy);
  await using place = await scratchDirectory(host, { signal });
  const setup = setupBatch(facts.architecture, { ...limits, ...limitsOf(bypass) });
  await upload(host, place.line, keptFiles(host, source, limits, tools, setup), signal);
  const keeper = keeperOf(kept, bypass);
  const argv = scriptArgv(
    'keep.sh',
    place.line,
    ...bypass.cgroups.flatMap((one) => ['--cgroup', one]),
    '--policy',
    bypass.policy,
    '--replace',
    // Whoever loaded it there was asked.
    ...(bypass.cgroups.includes(mount) ? ['--whole-host'] : []),
    ...(bypass.config === undefined ? [] : ['--reach', bypass.config.reach]),
    ...(keeper === undefined ? [] : ['--name', keeper.name]),
  );
  const { exitCode, stderr } = await host.transact(argv, {
    tried,
    root: true,
    signal,
    timeoutMs: KEEP_MS,
  });
  if (exitCode !== 0) {
    throw new HostError({
      kind: exitCode === OCCUPIED ? 'occupied' : 'command',
      tried,
      where: host.name,
      words: stderr.trim(),
      headline: stderr
        .trim()
        .split('\n')[0]
        ?.replace(/^sockmap-bypassctl: (?:keep: )?/, ''),
      next:
        exitCode === OCCUPIED
          ? l10n.t('Stop keeping that first, or keep it again by its name.')
          : l10n.t('The host is as it was before; its journal says more.'),
    });
  }
  // Not cancellable: it is kept, and "cancelled" would say that it is not.
  return await readStatus(host);
}

/**
 * Ends that a bypass is kept: unloads it, and removes all that a keep has installed.
 * @param named what it is kept as, or one of its units or cgroups.
 * @throws HostError of kind `not-found` where no such thing is kept.
 */
export async function stopKeeping(
  host: Host,
  named: string,
  signal?: AbortSignal,
): Promise<BypassStatus> {
  const tried = l10n.t('stop keeping the bypass');
  await host.ready('control', signal);
  const { kept = [] } = await readStatus(host, signal);
  const keeper = kept.find((one) => one.name === named || isPlaceOf(one, named));
  if (keeper === undefined) throw notKept(host, named);
  const argv = scriptArgv('ctl_stop_keeping', '--name', keeper.name);
  const { exitCode, stderr } = await host.transact(argv, {
    tried,
    root: true,
    signal,
    timeoutMs: KEEP_MS,
  });
  if (exitCode !== 0) {
    const next = l10n.t('Show the status to see what is left.');
    throw new HostError({ kind: 'command', tried, where: host.name, words: stderr.trim(), next });
  }
  return readStatus(host);
}

const notKept = (host: Host, named: string): HostError =>
  new HostError({
    kind: 'not-found',
    tried: l10n.t('stop keeping the bypass'),
    where: host.name,
    words: l10n.t('{0} is not kept', named),
    next: l10n.t('Show the status to see what is kept.'),
  });

const nothingLoaded = (host: Host, cgroup: string): HostError =>
  new HostError({
    kind: 'not-found',
    tried: l10n.t('keep the bypass'),
    where: host.name,
    words: l10n.t('nothing is loaded on {0}', cgroup),
    next: l10n.t('Load it first, and keep it once it has proved good.'),
  });

function requireSystemd(host: Host, { systemd }: Facts, cgroup: string): void {
  if (systemd) return;
  throw new HostError({
    kind: 'not-found',
    tried: l10n.t('keep the bypass'),
    where: host.name,
    words: l10n.t('systemd does not run there, and other init systems are not offered'),
    next: l10n.t(
      'Have this run as root at boot, from /etc/local.d (OpenRC) or /etc/rc.local (sysv), and after each restart of the service: {0}',
      `sockmap-bypassctl load --cgroup ${cgroup}`,
    ),
  });
}

const limitsOf = ({ config }: Attachment): GuardedLimits =>
  config === undefined ? {} : { queueBound: config.queueBound, oneWayLimit: config.oneWayLimit };

/**
 * The files of a keep. The host compiles anew for each kernel, from one directory and without options: macros of a
 * source go into its text.
 * @throws HostError of kind `input` where a source needs other directories, or flags.
 */
export function keptFiles(
  host: Pick<Host, 'name'>,
  {
    entry,
    files,
    defines = {},
    include = [],
    preincluded = [],
    flags = [],
    linked = [],
  }: BpfSource,
  { maxSockets }: GuardedLimits,
  { command, probe }: KeepTools,
  setup: string,
): Map<string, Uint8Array> {
  if (include.length > 0 || Array.from(files.keys()).some((name) => name.includes('/'))) {
    throw new HostError({
      kind: 'input',
      tried: l10n.t('keep the bypass'),
      where: host.name,
      words: l10n.t('{0} includes files of other directories', entry),
      next: l10n.t('Put everything that it includes next to it.'),
    });
  }
  if (preincluded.length > 0 || flags.length > 0 || linked.length > 0) {
    throw new HostError({
      kind: 'input',
      tried: l10n.t('keep the bypass'),
      where: host.name,
      words: l10n.t(
        '{0} is compiled with flags of the project: {1}',
        entry,
        [
          ...preincluded.map((file) => `-include ${file}`),
          ...flags,
          ...linked.map((unit) => `--link ${unit.entry}`),
        ].join(' '),
      ),
      next: l10n.t('Have the source say it all: put its macros and includes there.'),
    });
  }
  const macros = { ...(maxSockets !== undefined && { MAX_SOCKETS: maxSockets }), ...defines };
  const lines = Object.entries(macros).map(([name, value]) => `#define ${name} ${value}\n`);
  const sources = Array.from(files, ([name, bytes]): [string, Uint8Array] => [
    `src/${name}`,
    name === entry ? Buffer.concat([Buffer.from(lines.join('')), bytes]) : bytes,
  ]);
  return new Map([
    ...sources,
    ['src/tools/semantics.c', probe],
    ['sockmap-bypassctl', command],
    ['setup', Buffer.from(setup)],
  ]);
}
