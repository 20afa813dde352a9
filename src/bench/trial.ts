import * as l10n from '@vscode/l10n';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import type { Cause } from './condition.ts';
import { readLoopback, type Loopback } from './loopback.ts';
import { trialArgv } from './netperf.ts';
import type { Site } from './site.ts';

/** That the first packets take at most on a loopback device that carries them. */
const TRIAL_SECONDS = 5;

/** Outcome of a short try of netperf at a site. */
export interface Trial {
  /** Undefined where it had to be ended. */
  readonly exitCode: number | undefined;
  /** Ports that gave no first answer. */
  readonly unanswered: readonly number[];
  /** netperf's own words. */
  readonly said: string;
}

/** @param text output of bench-trial.sh. */
function parseTrial(text: string, boundary: string): Trial {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const read = (name: string): string => sections.get(name) ?? '';
  return {
    exitCode: /^\d+$/.test(read('code')) ? Number(read('code')) : undefined,
    unanswered: Array.from(read('unanswered').matchAll(/[0-9A-F]+/g), ([hex]) => parseInt(hex, 16)),
    said: read('netperf'),
  };
}

/** Runs netperf at a site for a moment. */
export async function tryNetperf(
  host: Host,
  site: Site,
  argv: readonly string[] = trialArgv(site),
  signal?: AbortSignal,
): Promise<Trial> {
  const boundary = newBoundary();
  const { stdout } = await host.run(
    [
      ...scriptArgv('bench-trial.sh', boundary, site.cgroup, site.user, String(TRIAL_SECONDS)),
      site.netns?.client ?? '',
      ...argv,
    ],
    { tried: l10n.t('try netperf'), root: true, signal },
  );
  return parseTrial(stdout, boundary);
}

/** Why netperf cannot reach a netserver that is there; undefined: it can. */
export async function trialCause(
  host: Host,
  site: Site,
  signal?: AbortSignal,
): Promise<(Cause & { readonly said: string }) | undefined> {
  const trial = await tryNetperf(host, site, undefined, signal);
  const cause =
    site.netns === undefined
      ? causeOfTrial(trial, site, await readLoopback(host, signal))
      : causeBetween(trial, site);
  return cause && { ...cause, said: trial.said };
}

/** Addresses of two namespaces that the run has made, where no rule of the host applies. */
const causeBetween = (
  { exitCode }: Trial,
  { address, port }: Pick<Site, 'address' | 'port'>,
): Cause | undefined =>
  exitCode === 0
    ? undefined
    : {
        words: l10n.t(
          'netperf does not reach netserver on {0} port {1}, from one network namespace of the run to the other',
          address,
          port,
        ),
        next: l10n.t(
          'See whether the host has them filtered all the same (bridge-nf-call-iptables, a BPF program on its devices).',
        ),
      };

/** As `trialCause`, of what was found out. */
function causeOfTrial(
  { exitCode, unanswered }: Trial,
  { address, port }: Pick<Site, 'address' | 'port'>,
  { isAlone, isUp }: Loopback,
): Cause | undefined {
  if (exitCode === 0) return undefined;
  if (!isUp) {
    return {
      words: l10n.t('the loopback device is down'),
      next: l10n.t('Set it up: ip link set lo up.'),
    };
  }
  const look = l10n.t(
    'Look for the rule (nft list ruleset, iptables-save) and allow what stays on lo, for the time of the benchmark at least.',
  );
  const [silent] = unanswered;
  if (silent !== undefined) {
    return {
      words: l10n.t(
        'a packet filter on lo drops connections to {0} port {1}: no answer in {2} s',
        address,
        silent,
        TRIAL_SECONDS,
      ),
      next: look,
    };
  }
  if (exitCode === undefined) {
    return {
      words: l10n.t(
        'netperf gets no answer over lo from netserver on {0} port {1} in {2} s: a packet filter may drop it',
        address,
        port,
        TRIAL_SECONDS,
      ),
      next: look,
    };
  }
  if (isAlone) {
    return {
      words: l10n.t(
        'netperf reaches neither 127.0.0.1 nor ::1 on a host that has no other address: its resolver leaves them out then',
      ),
      next: l10n.t(
        'Give the host another address, if only for the time of the benchmark: ip address add 127.0.0.2/8 dev lo.',
      ),
    };
  }
  return {
    words: l10n.t(
      'netserver listens on {0} port {1}, and netperf cannot connect to it: a packet filter on lo refuses that',
      address,
      port,
    ),
    next: look,
  };
}
