import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { existingCgroup, existingCgroups, resolveCgroup } from '../host/cgroups.ts';
import { cancelled, HostError } from '../host/errors.ts';
import type { Facts } from '../host/facts.ts';
import { hostIssues } from '../host/issues.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { upload } from '../host/upload.ts';
import { setupBatch, type GuardedLimits, type Reach } from './config.ts';
import type { BpfSource } from './build.ts';
import { attachError } from './exclusive.ts';
import { OCCUPIED, UNSAFE_PIN_ROOT } from './pins.ts';
import { policyEntry } from './source.ts';
import { withNotes, type Attachment, type BypassStatus } from './attachment.ts';
import { readStatus, unsafePinRoot } from './status.ts';
import { compileToLoad, Workbench } from './workbench.ts';

/** The parts of a load, in their order. */
export type LoadStep =
  | 'connect'
  | 'check'
  | 'upload'
  | 'compile'
  | 'verify'
  | 'configure'
  | 'sk_msg'
  | 'replace'
  | 'sock_ops'
  | 'status';

export interface LoadOptions {
  /** Where it goes: one cgroup, or several, for all connections between them. */
  readonly cgroup?: string;
  readonly cgroups?: readonly string[];
  readonly source: BpfSource;
  /** For the guarded policy. */
  readonly limits?: GuardedLimits;
  /**
   * `host`: also connections between network namespaces of the host. Where the programs or the kernel cannot,
   * it stays within one, and the status says why.
   */
  readonly reach?: Reach;
  /** Percentage of new connections that are bypassed, for the guarded policy; all by default. */
  readonly share?: number | undefined;
  /**
   * Take the place of a bypass already on these cgroups; refused otherwise. A function is asked when the new
   * programs are compiled, verified and ready; after "no" everything is as before.
   */
  readonly replace?: boolean | (() => Promise<boolean>);
  /** False: without the verdict program even on a kernel that may need it for FIONREAD. */
  readonly verdict?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (step: LoadStep) => void;
}

/**
 * Compiles, verifies and attaches the bypass; on any failure or cancellation the host is as before.
 * Once it has begun to take the place of another, cancelling comes too late.
 * @throws HostError of kind `compile`, `verifier`, `occupied`, `cancelled`, …
 */
export async function loadBypass(host: Host, options: LoadOptions): Promise<BypassStatus> {
  const { source, signal, onStep, limits = {}, reach = 'namespace', replace = false } = options;
  onStep?.('connect');
  await host.connect(signal);
  onStep?.('check');
  const { facts, mount } = await host.ready('load', signal);
  if (path.posix.basename(source.entry) === policyEntry('guarded')) requireGuarded(host, facts);
  const named = options.cgroups ?? (options.cgroup === undefined ? [] : [options.cgroup]);
  const existing = existingCgroups(host, mount, named, signal);
  // Awaited below, once the directory has an owner: until then nobody hears of a failure.
  existing.catch(() => undefined);

  onStep?.('upload');
  await using bench = await Workbench.open(host, facts, { signal });
  const cgroups = await existing;
  const uploaded = await bench.upload(withLimits(source, limits), signal);
  onStep?.('compile');
  const object = await compileToLoad(bench, uploaded, signal);
  const setup = setupBatch(facts.architecture, limits);
  const batch = 'setup.batch';
  await upload(host, uploaded.directory, new Map([[batch, Buffer.from(setup)]]), signal);

  // Progress is reported from a callback, whose writes the type checker does not see.
  const begun: { step: LoadStep; replacing: boolean; notes: string[] } = {
    step: 'compile',
    replacing: false,
    notes: [],
  };
  const argv = scriptArgv(
    'load.sh',
    uploaded.directory,
    ...cgroups.flatMap((one) => ['--cgroup', one]),
    '--object',
    `./${path.posix.basename(object)}`,
    '--setup',
    batch,
    '--reach',
    reach,
    ...(options.share === undefined ? [] : ['--share', String(options.share)]),
    '--ask',
    typeof replace === 'function' ? 'occupied' : 'ready',
    ...(replace === true ? ['--replace'] : []),
    ...(options.verdict === false ? ['--no-verdict'] : []),
  );
  const { exitCode, stderr } = await host.transact(argv, {
    tried: l10n.t('load the bypass'),
    root: true,
    signal,
    onLine: (line) => {
      if (line.startsWith('note ')) begun.notes.push(line.slice('note '.length));
      if (!line.startsWith('step ')) return;
      begun.step = line.slice('step '.length) as LoadStep;
      if (begun.step === 'replace') begun.replacing = true;
      onStep?.(begun.step);
    },
    answer: (line) => {
      const go = () => (signal?.aborted === true ? 'stop' : 'go');
      if (line === 'ready') return go();
      if (line !== 'occupied' || typeof replace !== 'function') return undefined;
      return replace().then(
        (wanted) => (wanted ? go() : 'stop'),
        () => 'stop',
      );
    },
  });
  if (exitCode === CALLED_OFF) throw cancelled(l10n.t('load the bypass'), host.name);
  if (exitCode === UNSAFE_PIN_ROOT) throw unsafePinRoot(host, l10n.t('load the bypass'), stderr);
  if (exitCode !== 0) {
    const error = loadError(host, cgroups.join(', '), source.entry, begun.step, exitCode, stderr);
    throw begun.step === 'sock_ops' ? await attachError(host, error, cgroups) : error;
  }
  onStep?.('status');
  // Not cancellable: what is cancelled now has to be undone anyway.
  const status = withNotes(await readStatus(host), begun.notes);
  if (signal?.aborted !== true || begun.replacing) return status;
  await unloadBypass(host, cgroups[0] ?? '');
  throw cancelled(l10n.t('load the bypass'), host.name);
}

/** @throws HostError of kind `not-found` where the kernel is too old for the guarded programs. */
function requireGuarded(host: Host, facts: Facts): void {
  const tooOld = hostIssues(facts).find(({ id }) => id === 'kernel-guarded');
  if (tooOld === undefined) return;
  const { wrong, next } = tooOld;
  throw new HostError({
    kind: 'not-found',
    tried: l10n.t('load the guarded policy'),
    where: host.name,
    words: wrong,
    next,
  });
}

/** A macro decides how much the maps hold, when they are made; the source's own defines go before it. */
const withLimits = (source: BpfSource, { maxSockets }: GuardedLimits): BpfSource =>
  maxSockets === undefined
    ? source
    : { ...source, defines: { MAX_SOCKETS: maxSockets, ...source.defines } };

/** Exits of a load that was not to commit, and that found what it cannot take the place of. */
const CALLED_OFF = 4;
const NOT_OURS = 6;

/**
 * Removes the bypass that is on a cgroup, from all of its cgroups, whoever loaded it and in whatever state it
 * is; of cgroups that are gone, what they left behind.
 * @param named one of its cgroups, by the name it has or had, or its pin directory.
 * @throws HostError of kind `not-found` when there is none.
 */
export async function unloadBypass(
  host: Host,
  named: string,
  signal?: AbortSignal,
): Promise<BypassStatus> {
  const { mount } = await host.ready('control', signal);
  const { attachments } = await readStatus(host, signal);
  const pinned = attachments.find(({ pins }) => pins === named);
  const cgroup = pinned?.pins ?? (await presentOrGone(host, mount, named, signal));
  const there = attachments.filter((one) => one === pinned || one.cgroups.includes(cgroup));
  const ours =
    there.length > 0
      ? there
      : attachments.filter((one) => one.cgroups.length === 0 && one.gone.includes(cgroup));
  const loading = ours.find(({ state }) => state === 'loading');
  if (loading !== undefined && ours.every(({ state }) => state === 'loading')) {
    throw beingLoaded(host, cgroup, loading.loader);
  }
  if (ours.length === 0) {
    throw new HostError({
      kind: 'not-found',
      tried: l10n.t('unload the bypass'),
      where: host.name,
      words: l10n.t('nothing is loaded on {0}', cgroup),
      next: l10n.t('Show the status to see what is loaded where.'),
    });
  }
  const argv = scriptArgv('ctl_unload', '--cgroup', cgroup);
  const tried = l10n.t('unload the bypass');
  const { exitCode, stderr } = await host.transact(argv, { tried, root: true, signal });
  if (exitCode === UNSAFE_PIN_ROOT) throw unsafePinRoot(host, tried, stderr);
  if (exitCode === OCCUPIED) throw beingLoaded(host, cgroup, undefined);
  if (exitCode !== 0) {
    const next = l10n.t('Show the status to see what is left.');
    throw new HostError({ kind: 'command', tried, where: host.name, words: stderr, next });
  }
  const unloaded = ours.flatMap((one) => (one.cgroups.length > 0 ? one.cgroups : one.gone));
  // Not cancellable: it is unloaded, and "cancelled" would say that it is not.
  return { ...(await readStatus(host)), unloaded };
}

/** The path of a cgroup that is there, or was. */
async function presentOrGone(
  host: Host,
  mount: string,
  named: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await existingCgroup(host, mount, named, signal);
  } catch (error) {
    if (!(error instanceof HostError) || error.problem.kind !== 'not-found') throw error;
    return resolveCgroup(host.name, mount, named);
  }
}

const beingLoaded = (host: Host, cgroup: string, loader = 'somebody'): HostError =>
  new HostError({
    kind: 'occupied',
    tried: l10n.t('unload the bypass'),
    where: host.name,
    words: l10n.t('it is being loaded on {0} by {1}', cgroup, loader),
    next: l10n.t('Wait for the end of that load, then try again.'),
  });

/** Reads what is loaded on a host. */
export async function bypassStatus(host: Host, signal?: AbortSignal): Promise<BypassStatus> {
  await host.ready('control', signal);
  return readStatus(host, signal);
}

function loadError(
  host: Host,
  cgroup: string,
  entry: string,
  step: LoadStep,
  exitCode: number,
  words: string,
): HostError {
  const where = host.name;
  if (exitCode === OCCUPIED) {
    return new HostError({
      kind: 'occupied',
      tried: l10n.t('load the bypass on {0}', cgroup),
      where,
      words: l10n.t('it is loaded there already'),
      next: l10n.t('Replace it, or unload it first.'),
    });
  }
  if (exitCode === NOT_OURS) {
    return new HostError({
      kind: 'command',
      tried: l10n.t('replace the bypass on {0}', cgroup),
      where,
      words,
      headline: words.trim().split('\n').at(-1),
      next: l10n.t('Remove on the host what it names, then try again.'),
    });
  }
  const tried: Partial<Record<LoadStep, string>> = {
    verify: l10n.t('verify {0} with the kernel', entry),
    configure: l10n.t('tell the programs their limits'),
    sk_msg: l10n.t('attach sockmap_redirect to the map'),
    sock_ops: l10n.t('attach sockmap_sockops to {0}', cgroup),
  };
  return new HostError({
    kind: step === 'verify' ? 'verifier' : 'command',
    tried: tried[step] ?? l10n.t('load the bypass'),
    where,
    words,
    // The verifier's last words stand above its statistics; libbpf's, at the top, name no reason.
    headline: step === 'verify' ? /^(.+)\nprocessed \d+ insns/m.exec(words)?.[1] : undefined,
    next: l10n.t('The host is as it was before.'),
  });
}

/** The bypass that serves a cgroup: on it, or on the nearest one above. */
export function servingAttachment(
  { attachments }: BypassStatus,
  cgroup: string,
): Attachment | undefined {
  return attachments
    .filter(({ state }) => state === 'attached')
    .flatMap((one) => one.cgroups.map((at) => ({ one, at })))
    .filter(({ at }) => at === cgroup || cgroup.startsWith(`${at}/`))
    .sort((a, b) => b.at.length - a.at.length)[0]?.one;
}
