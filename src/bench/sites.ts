import * as l10n from '@vscode/l10n';
import { createHash } from 'node:crypto';
import type { BpfSource } from '../bypass/build.ts';
import type { GuardedLimits } from '../bypass/config.ts';
import { loadBypass, servingAttachment } from '../bypass/load.ts';
import {
  isAttached,
  isOn,
  type Attachment,
  type BypassStatus,
  type Policy,
} from '../bypass/attachment.ts';
import { STILL_ROOT } from '../bypass/unprivileged.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { hostScript } from '../host/hostScript.ts';
import { guard, type Guard } from '../host/guard.ts';
import type { Arm, Plan, ResultDocument } from '../results/document.ts';
import { addressOf, readLoopback } from './loopback.ts';
import { makeNamespaces, type Namespaces } from './namespaces.ts';
import { policyOf, topologyOf } from '../results/plan.ts';
import { pointsOf } from '../results/sizes.ts';
import { parseSites, type Site } from './site.ts';
import { trialCause } from './trial.ts';

/** Made on the host for a run: a cgroup with a netserver for each kind of arm. */
export interface Sites extends AsyncDisposable {
  readonly programs: ResultDocument['programs'];
  /** Set for the guarded policy, where it was loaded for the run. */
  readonly limits: GuardedLimits | undefined;
  site(arm: Arm): Site;
  /** Whether the connection was cut, so that the host has removed it all. */
  lost(): boolean;
}

export interface SitesOptions {
  /** Id of the run's document: its cgroups are named after it, so that nobody else takes its samples. */
  readonly id: string;
  readonly cgroup: string;
  readonly mount: string;
  readonly status: BypassStatus;
  readonly plan: Plan;
  /** The bundled programs, for a policy that does not serve the cgroup. */
  readonly source: (policy: Policy) => Promise<BpfSource>;
  readonly limits?: GuardedLimits | undefined;
  /** Load also where no bypass serves the cgroup at all; an error otherwise. */
  readonly loadMissing?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Kind = Policy | 'tcp';
const kindOf = (arm: Arm): Kind => policyOf(arm) ?? 'tcp';

/**
 * The policy that serves the chosen cgroup is measured in a cgroup below it, as it is loaded. Any
 * other policy of the plan is loaded for the run, on a cgroup made for it outside of every bypass,
 * as is TCP's. Between network namespaces the same holds, but a guarded bypass that does not reach
 * from one to another is not measured: the run loads one that does. However the run ends, the host
 * removes them with all that runs or is loaded there.
 * @throws HostError
 */
export async function prepareSites(host: Host, options: SitesOptions): Promise<Sites> {
  const { plan, signal } = options;
  const serving = servingOf(host, options);
  if (topologyOf(plan) === 'loopback') return makeSites(host, options, serving);
  const namespaces = await makeNamespaces(host, signal);
  try {
    return await makeSites(host, options, serving, namespaces);
  } catch (error) {
    await namespaces[Symbol.asyncDispose]();
    throw error;
  }
}

/** @returns the bypass that is measured as it is loaded; undefined: the run loads its own. */
function servingOf(
  host: Host,
  { cgroup, status, plan, loadMissing = false }: SitesOptions,
): Attachment | undefined {
  const nearest = servingAttachment(status, cgroup);
  // One that is switched off leaves all to TCP, which would be measured under its name.
  const serving = nearest !== undefined && isOn(nearest) ? nearest : undefined;
  if (topologyOf(plan) === 'namespaces') return serving && reaches(serving) ? serving : undefined;
  if (serving !== undefined || loadMissing) return serving;
  throw nearest === undefined
    ? refusal(
        host,
        l10n.t('no bypass is loaded on {0} or above it', cgroup),
        l10n.t('Load it, then run the benchmark.'),
      )
    : refusal(
        host,
        l10n.t('the bypass that serves {0} is switched off', cgroup),
        l10n.t('Switch it to guarded, or load it again, then run the benchmark.'),
      );
}

/** Whether it pairs sockets of two network namespaces. The classic one does not look at namespaces at all. */
const reaches = ({ policy, config }: Attachment): boolean =>
  policy === 'classic' || config?.reach === 'host';

async function makeSites(
  host: Host,
  options: SitesOptions,
  serving: Attachment | undefined,
  namespaces?: Namespaces,
): Promise<Sites> {
  const { cgroup, mount, status, plan, limits, signal } = options;
  const outside = outsideOf(host, status, cgroup, mount);
  const kinds = [...new Set(pointsOf(plan).flatMap(({ arms }) => arms.map(kindOf)))];
  // From a digest, because a document may be anybody's.
  const digest = createHash('sha256').update(options.id).digest('hex').slice(0, 16);
  const name = `sockmap-bypass-bench-${digest}`;
  const cgroups = new Map(
    kinds.map((kind) => [
      kind,
      kind === serving?.policy ? `${cgroup}/${name}` : `${outside}/${name}-${kind}`,
    ]),
  );

  const address = namespaces?.address ?? addressOf(host, await readLoopback(host, signal));
  if (address === '::1' && cgroups.has('classic')) {
    throw refusal(
      host,
      l10n.t(
        'the classic policy bypasses IPv4 alone, and netperf can use no IPv4 address of this host',
      ),
      l10n.t('Leave "bypass-classic" out of "arms", or give the host an IPv4 address.'),
    );
  }
  const where = { address, netns: namespaces };
  const servers = await startServers(host, where, [...cgroups.values()], signal);
  try {
    const places = parseSites(servers.line, where, [...cgroups.values()]);
    await tryFirst(host, places, signal);
    const sites = new Map<Kind, Site>();
    const tags = new Map<Kind, Record<string, string>>();
    let guarded = serving?.policy === 'guarded' ? serving : undefined;
    for (const [index, kind] of [...cgroups.keys()].entries()) {
      const place = places[index];
      if (place === undefined) throw new RangeError(`no place for ${kind}`);
      const own = kind !== 'tcp' && kind !== serving?.policy;
      const attachment = own ? await load(host, options, kind, place.cgroup) : serving;
      sites.set(kind, kind === 'tcp' ? place : { ...place, ...programsAt(attachment) });
      if (kind !== 'tcp') tags.set(kind, tagsOf(attachment));
      if (kind === 'guarded') guarded = attachment;
    }
    if (serving !== undefined) tags.set(serving.policy, tagsOf(serving));
    const loadsGuarded = tags.has('guarded') && serving?.policy !== 'guarded';
    return {
      limits: loadsGuarded ? (limits ?? {}) : undefined,
      programs: {
        ...programsOf(serving?.policy ?? (tags.has('guarded') ? 'guarded' : 'classic'), tags),
        ...(guarded?.config && { reach: guarded.config.reach }),
      },
      site(arm) {
        const site = sites.get(kindOf(arm));
        if (site === undefined) throw new RangeError(`${arm} is not in the plan`);
        return site;
      },
      lost: () => servers.lost() || namespaces?.lost() === true,
      async [Symbol.asyncDispose]() {
        await servers[Symbol.asyncDispose]();
        await namespaces?.[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await servers[Symbol.asyncDispose]();
    throw error;
  }
}

/** Loads a policy for the run, which reaches as far as its plan needs. */
async function load(
  host: Host,
  { plan, source, limits, signal }: SitesOptions,
  policy: Policy,
  cgroup: string,
): Promise<Attachment | undefined> {
  const isFar = policy === 'guarded' && topologyOf(plan) === 'namespaces';
  const status = await loadBypass(host, {
    cgroup,
    source: await source(policy),
    reach: isFar ? 'host' : 'namespace',
    replace: true,
    signal,
    ...(limits && { limits }),
  });
  if (status.reachRefused === undefined) return servingAttachment(status, cgroup);
  throw refusal(
    host,
    status.reachRefused === 'kernel'
      ? l10n.t(
          'the kernel is too old to pair sockets of two network namespaces, as the plan asks for',
        )
      : l10n.t(
          'these programs cannot pair sockets of two network namespaces, as the plan asks for',
        ),
    l10n.t('Leave "bypass" out of "arms", or run a plan whose topology is loopback.'),
  );
}

const programsAt = (attachment: Attachment | undefined): Pick<Site, 'pins' | 'program'> => ({
  ...(attachment?.pins !== undefined && { pins: attachment.pins }),
  ...(attachment?.redirect && { program: attachment.redirect.id }),
});

/** Exit status of bench-netservers.sh where somebody else measures for the same document; it names the cgroup. */
const UNDER_WAY = 91;

/** Said where somebody else measures for the same document. */
export const runUnderWay = (): string => l10n.t('its run is still under way');

/** Starts a netserver in each cgroup; they go with the guard. */
async function startServers(
  host: Host,
  { address, netns }: Pick<Site, 'address' | 'netns'>,
  cgroups: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Guard> {
  try {
    return await guard(
      host,
      {
        setup: hostScript('bench-netservers.sh'),
        args: [address, netns?.server ?? '', ...cgroups],
      },
      { tried: l10n.t('start netserver'), root: true, signal },
    );
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const { problem } = error;
    if (problem.exitCode === UNDER_WAY) {
      throw new HostError({
        ...problem,
        kind: 'occupied',
        tried: l10n.t('run the benchmark'),
        words: l10n.t('{0}, in {1}', runUnderWay(), problem.words.trim()),
        next: l10n.t(
          'Wait for its end, or cancel it; if nobody runs it any more, remove that cgroup.',
        ),
      });
    }
    if (problem.exitCode === STILL_ROOT) {
      const headline = l10n.t('netserver would be root, and is not run');
      throw new HostError({
        ...problem,
        kind: 'not-found',
        headline,
        words: `${headline}\n${problem.words}`,
        next: l10n.t('Install setpriv and flock (of util-linux) on the host.'),
      });
    }
    throw error;
  }
}

/** A first netperf that cannot reach its netserver is reported in seconds, with the reason. */
async function tryFirst(
  host: Host,
  [site]: readonly Site[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const cause = site && (await trialCause(host, site, signal));
  if (cause === undefined) return;
  throw new HostError({
    kind: 'command',
    tried: l10n.t('run the benchmark'),
    where: host.name,
    next: cause.next,
    words: [cause.words, cause.said].filter((words) => words !== '').join('\n'),
    headline: cause.words,
  });
}

/** The nearest cgroup on the way up that no bypass serves. */
function outsideOf(host: Host, status: BypassStatus, cgroup: string, mount: string): string {
  const above = status.attachments
    .filter(isAttached)
    .flatMap(({ cgroups }) => cgroups)
    .filter((at) => cgroup === at || cgroup.startsWith(`${at}/`))
    .sort((a, b) => a.length - b.length);
  const [highest] = above;
  if (highest === undefined) return cgroup;
  if (highest !== mount) return highest.slice(0, highest.lastIndexOf('/'));
  throw refusal(
    host,
    l10n.t('the bypass is on the root cgroup, so nothing on this host is outside of it'),
    l10n.t('Load it on another cgroup to have plain TCP to compare with.'),
  );
}

/** Why a benchmark is not run. */
export const refusal = (
  host: Host,
  words: string,
  next = l10n.t('Run a new benchmark.'),
): HostError =>
  new HostError({
    kind: 'input',
    tried: l10n.t('run the benchmark'),
    where: host.name,
    words,
    next,
  });

const tagsOf = (attachment: Attachment | undefined): Record<string, string> => ({
  ...(attachment?.sockops && { sockmap_sockops: attachment.sockops.tag }),
  ...(attachment?.redirect && { sockmap_redirect: attachment.redirect.tag }),
});

function programsOf(
  policy: Policy,
  tags: ReadonlyMap<Kind, Record<string, string>>,
): ResultDocument['programs'] {
  const named = [...tags].flatMap(([kind, programs]) =>
    Object.entries(programs).map(([program, tag]) => [
      kind === policy ? program : `${kind}/${program}`,
      tag,
    ]),
  );
  return { policy, tags: Object.fromEntries(named) as Record<string, string> };
}
