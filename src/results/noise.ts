import { max, mean, median, sampleStandardDeviation } from 'simple-statistics';
import type { ResultDocument } from './document.ts';
import { groupBy, isCompared, isShared, rateOf } from './samples.ts';
import { ARM_LABELS, baselineOf } from './arms.ts';
import { sizeKey, sizeLabel } from './sizes.ts';

/** netperf and netserver themselves. */
const OWN_LOAD = 2;
/** Relative standard deviation below which a host counts as quiet. */
const QUIET = 0.05;

/**
 * What made a run noisy, or may have, in sentences: the baseline's own spread first, then what the
 * host says of itself. Never empty once there are samples.
 */
export function noiseOf(document: ResultDocument): string[] {
  const { host, resumedAt = [] } = document;
  const noise = document.samples.flatMap((sample) => sample.noise ?? []);
  const steal = noise.map(({ stealPercent }) => stealPercent);
  const loads = noise.map(({ load1 }) => load1);
  const bypassed = document.samples.filter(({ bpf }) => bpf !== undefined);
  const shared = bypassed.filter(isShared).length;
  const sentences: (string | false)[] = [
    spreadSentence(document) ?? false,
    shared > 0 &&
      `Other programs used the same bypass during ${shared} of its ${bypassed.length} samples: its counts and its time are theirs, too.`,
    steal.length > 0 &&
      mean(steal) >= 1 &&
      `The hypervisor gave ${round(mean(steal))}% of the CPU time to others, up to ${round(max(steal))}% during a sample.`,
    loads.length > 0 &&
      median(loads) > OWN_LOAD + host.cpus / 2 &&
      `The host was busy with other work: its load was ${round(median(loads))}, up to ${round(max(loads))}, on ${host.cpus} CPUs, of which the benchmark itself is about ${OWN_LOAD}.`,
    host.governor !== undefined &&
      host.governor !== 'performance' &&
      `The clock follows the load (governor "${host.governor}"): with "performance" it is steadier.`,
    host.turbo === true && 'Turbo is on: the clock depends on temperature and on the other cores.',
    host.virtual === true &&
      'The host is a virtual machine: its neighbours share its caches and memory.',
    resumedAt.length > 0 &&
      `The run was cut off and went on ${resumedAt.length === 1 ? 'once' : `${resumedAt.length} times`}: its parts were measured at different times.`,
  ];
  return sentences.filter((sentence) => sentence !== false);
}

/** How much the same arm differs from sample to sample: what a difference has to stand out from. */
function spreadSentence({ plan, samples }: ResultDocument): string | undefined {
  const bySize = groupBy(samples.filter(isCompared), sizeKey);
  const spreads = plan.points.flatMap((point) => {
    const baseline = baselineOf(point);
    const rates = (bySize.get(sizeKey(point)) ?? [])
      .filter(({ arm }) => arm === baseline)
      .map(rateOf);
    if (baseline === undefined || rates.length < 3 || mean(rates) === 0) return [];
    const spread = sampleStandardDeviation(rates) / mean(rates);
    return [{ spread, name: ARM_LABELS[baseline], at: sizeLabel(point) }];
  });
  const worst = spreads.toSorted((a, b) => b.spread - a.spread)[0];
  if (worst === undefined) {
    return samples.length === 0
      ? undefined
      : 'Too few rounds to tell how much the host itself varies.';
  }
  const typical = median(spreads.map(({ spread }) => spread));
  const percent = (part: number) => `${round(100 * part)}%`;
  const words = `${worst.name} alone varies by ${percent(typical)} from sample to sample (standard deviation, median of the sizes), by ${percent(worst.spread)} at ${worst.at}`;
  return typical < QUIET
    ? `${words}: a quiet host.`
    : `${words}: a noisy host, where small differences need many rounds.`;
}

const round = (value: number): string =>
  value < 10 ? String(Number(value.toFixed(1))) : String(Math.round(value));
