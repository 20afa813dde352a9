import { median } from 'simple-statistics';
import { oneLine } from '../../text.ts';
import { BYPASSES } from '../arms.ts';
import type { Arm, ResultDocument, Sample, Topology } from '../document.ts';
import type { OutcomeVerdict } from '../finding.ts';
import { topologyOf } from '../plan.ts';
import { ratioOfRounds, type Doubt } from '../ratios.ts';
import { runsOf } from '../runs.ts';
import { bypassedShare, groupBy, isCompared, pairsOf, rateOf } from '../samples.ts';
import { sizeKey, sizesOf, type Size } from '../sizes.ts';
import { t975, verdictOf, type Interval, type Ratio } from '../statistics.ts';
import { randomEffects, type Estimate } from './randomEffects.ts';

/** The bypass of one host at one size, compared with the better TCP there. */
export interface HostAt {
  /** Distinguishes it among the hosts of the fleet; fit to be shown. */
  readonly host: string;
  /** The variant of TCP that was the faster one at this size on this host. */
  readonly against: Arm;
  /** Rate of the bypass to that of TCP. */
  readonly ratio?: Ratio;
  readonly verdict: OutcomeVerdict;
}

/** The ratios of several hosts, combined. */
export interface FleetSummary {
  /** Those that it is of: of the hosts, those whose ratio has an interval. */
  readonly hosts: number;
  /** The geometric mean over hosts, of a random-effects model. */
  readonly ratio: number;
  /** 95% confidence interval of `ratio`. */
  readonly interval: Interval;
  /** In which the ratio of one more host would be in 95% of cases; absent for two. */
  readonly prediction?: Interval;
  /** The factor by which hosts differ from the mean as a rule: the standard deviation of their true ratios. */
  readonly spread: number;
  /** The part of the differences between hosts that is none of the measurements' own noise, 0 to 1. */
  readonly iSquared: number;
  readonly verdict: OutcomeVerdict;
}

/** One size, on all hosts that have it. */
export interface FleetPlace {
  /** A name that is the same for equal places. */
  readonly key: string;
  readonly topology: Topology;
  readonly size: Size;
  readonly arm: Arm;
  readonly hosts: readonly HostAt[];
  /** Absent where fewer than two hosts can be summed up. */
  readonly summary?: FleetSummary;
}

export interface Fleet {
  /** The newest document of each host, and what the host is called here. */
  readonly hosts: readonly { readonly host: string; readonly document: ResultDocument }[];
  /** Those at which the most hosts are summed up come first, then those with the most ratios, then in the order of sizes. */
  readonly places: readonly FleetPlace[];
}

/** How a fleet does: the bypass of each host against the better TCP, and all hosts together. Of a host's runs the newest counts. */
export function fleetOf(documents: readonly ResultDocument[]): Fleet {
  const newest = newestOfEach(documents);
  const hosts = runsOf(newest).map(({ label, document }) => ({
    host: oneLine(label, 200),
    document,
  }));
  const found = hosts.flatMap(({ host, document }) => placesOf(host, document));
  const places = Array.from(groupBy(found, ({ key }) => key).values()).flatMap(placesOfAll);
  const summedUp = ({ summary }: FleetPlace): number => summary?.hosts ?? 0;
  const compared = ({ hosts: all }: FleetPlace): number =>
    all.filter(({ ratio }) => ratio !== undefined).length;
  places.sort(
    (a, b) =>
      summedUp(b) - summedUp(a) || compared(b) - compared(a) || b.hosts.length - a.hosts.length,
  );
  return { hosts, places };
}

/** By name and machine: many go by the name `local`, and hosts made of one image may have one id. */
function newestOfEach(documents: readonly ResultDocument[]): ResultDocument[] {
  const groups = groupBy(documents, ({ host }) => `${host.machine ?? ''} ${host.name}`);
  const startOf = ({ startedAt }: ResultDocument): number => Date.parse(startedAt);
  return Array.from(groups.values(), (own) =>
    own.reduce((last, one) => (startOf(one) > startOf(last) ? one : last)),
  );
}

type Found = Omit<FleetPlace, 'hosts' | 'summary'> & { readonly at: HostAt };

function placesOf(host: string, document: ResultDocument): Found[] {
  const topology = topologyOf(document.plan);
  const bySize = groupBy(document.samples.filter(isCompared), sizeKey);
  return sizesOf(document).flatMap((size) => {
    const samples = bySize.get(sizeKey(size)) ?? [];
    return BYPASSES.flatMap((arm): Found[] => {
      const at = hostAt(host, samples, arm);
      const key = `${topology} ${sizeKey(size)} ${arm}`;
      return at === undefined ? [] : [{ key, topology, size, arm, at }];
    });
  });
}

function hostAt(host: string, samples: readonly Sample[], arm: Arm): HostAt | undefined {
  const own = samples.filter((sample) => sample.arm === arm);
  const against = betterTcp(samples);
  if (own.length === 0 || against === undefined) return undefined;
  const pairs = pairsOf(samples, arm, against);
  const { ratio, doubt } = ratioOfRounds([bypassedShare(own)], pairs);
  const isStalled = pairs.some((pair) => pair.includes(0));
  return {
    host,
    against,
    verdict: verdictAt(ratio, isStalled ? 'stalled' : doubt),
    ...(ratio && { ratio }),
  };
}

/** The variant with the higher median rate. */
function betterTcp(samples: readonly Sample[]): Arm | undefined {
  const rates = (['tcp', 'tcp-nodelay'] as const).flatMap((arm) => {
    const own = samples.filter((sample) => sample.arm === arm).map(rateOf);
    return own.length === 0 ? [] : [{ arm, rate: median(own) }];
  });
  return rates.sort((a, b) => b.rate - a.rate)[0]?.arm;
}

function verdictAt(ratio: Ratio | undefined, doubt: Doubt | 'stalled' | undefined): OutcomeVerdict {
  if (doubt !== undefined) return doubt;
  return ratio?.interval ? verdictOf(ratio) : 'early';
}

/** @param found of one place. */
function placesOfAll(found: readonly Found[]): FleetPlace[] {
  const hosts = found.map(({ at }) => at);
  const summary = summaryOf(hosts);
  return found
    .slice(0, 1)
    .map(({ at: _at, ...place }) => ({ ...place, hosts, ...(summary && { summary }) }));
}

/** Rounds agree to no more than that: netperf writes rates with two decimals. */
const LEAST_ERROR = 1e-4;

function summaryOf(hosts: readonly HostAt[]): FleetSummary | undefined {
  const estimates = hosts.flatMap(({ ratio }) => estimateOf(ratio) ?? []);
  const all = randomEffects(estimates);
  if (all === undefined) return undefined;
  const times = ({ low, high }: Interval): Interval => ({
    low: Math.exp(low),
    high: Math.exp(high),
  });
  const ratio = Math.exp(all.mean);
  const interval = times(all.interval);
  return {
    hosts: estimates.length,
    ratio,
    interval,
    ...(all.prediction && { prediction: times(all.prediction) }),
    spread: Math.exp(all.tau),
    iSquared: all.iSquared,
    verdict: verdictOf({ ratio, interval, pairs: estimates.length }),
  };
}

/** The logarithm of a ratio, and its variance by the interval, which is Student's. */
function estimateOf(ratio: Ratio | undefined): Estimate | undefined {
  if (ratio?.interval === undefined) return undefined;
  const { low, high } = ratio.interval;
  const error = Math.log(high / low) / 2 / t975(ratio.pairs - 1);
  return { effect: Math.log(ratio.ratio), variance: Math.max(error, LEAST_ERROR) ** 2 };
}
