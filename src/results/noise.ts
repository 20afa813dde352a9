import { max, mean, median, sampleStandardDeviation } from 'simple-statistics';
import type { ResultDocument } from './document.ts';
import type { Noise } from './finding.ts';
import { groupBy, isCompared, isShared, rateOf } from './samples.ts';
import { baselineOf } from './arms.ts';
import { pointsOf, sizeKey, sizeLabel } from './sizes.ts';

/** Load of netperf and netserver themselves. */
const OWN_LOAD = 2;
/** Relative standard deviation below which a host counts as quiet. */
const QUIET = 0.05;

/**
 * Why a run is noisy, or may be: the baseline's own spread first, then the state of the host. Never
 * empty once there are samples.
 */
export function noiseOf(document: ResultDocument): Noise[] {
  const { host, samples, resumedAt = [] } = document;
  const found: Noise[] = [];
  const spread = spreadOf(document);
  if (spread !== undefined) found.push(spread);

  const bypassed = samples.filter(({ bpf }) => bpf !== undefined);
  const shared = bypassed.filter(isShared).length;
  if (shared > 0) found.push({ kind: 'sharedBypass', shared, samples: bypassed.length });

  const noise = samples.flatMap((sample) => sample.noise ?? []);
  const steal = noise.map(({ stealPercent }) => stealPercent);
  if (steal.length > 0 && mean(steal) >= 1) {
    found.push({ kind: 'steal', meanPercent: mean(steal), maxPercent: max(steal) });
  }
  const loads = noise.map(({ load1 }) => load1);
  const load = loads.length > 0 ? median(loads) : 0;
  if (load > OWN_LOAD + host.cpus / 2) {
    found.push({ kind: 'load', median: load, max: max(loads), cpus: host.cpus, own: OWN_LOAD });
  }
  if (host.governor !== undefined && host.governor !== 'performance') {
    found.push({ kind: 'governor', governor: host.governor });
  }
  if (host.turbo === true) found.push({ kind: 'turbo' });
  if (host.virtual === true) found.push({ kind: 'virtual' });
  if (resumedAt.length > 0) found.push({ kind: 'resumed', times: resumedAt.length });
  return found;
}

/** How much the same arm differs from sample to sample: a difference has to stand out from that. */
function spreadOf({ plan, samples }: ResultDocument): Noise | undefined {
  const bySize = groupBy(samples.filter(isCompared), sizeKey);
  const spreads = pointsOf(plan).flatMap((point) => {
    const arm = baselineOf(point);
    const rates = (bySize.get(sizeKey(point)) ?? [])
      .filter((sample) => sample.arm === arm)
      .map(rateOf);
    if (arm === undefined || rates.length < 3 || mean(rates) === 0) return [];
    const spread = sampleStandardDeviation(rates) / mean(rates);
    return [{ spread, arm, at: sizeLabel(point) }];
  });
  const worst = spreads.toSorted((a, b) => b.spread - a.spread)[0];
  if (worst === undefined) return samples.length === 0 ? undefined : { kind: 'tooFewRounds' };
  const typical = median(spreads.map(({ spread }) => spread));
  return {
    kind: 'spread',
    arm: worst.arm,
    typical,
    worst: worst.spread,
    worstAt: worst.at,
    quiet: typical < QUIET,
  };
}
