import { verdictOf, type Ratio, type Verdict } from '../src/bench/statistics.ts';
import { ARM_LABELS, BASELINE } from '../src/bench/summary.ts';
import type { Figure, Point } from './figure.ts';
import { change, changes, number } from './format.ts';

type Comparison = { label: string; subject: Point; baseline: Point; ratio: Ratio };

/** What a figure shows, in one sentence: the bypass against TCP, and only what the data bear out. */
export function findingOf(figure: Figure): string {
  const subject =
    figure.series.find((series) => series.arm === 'bypass') ??
    figure.series.find((series) => series.arm === 'bypass-classic');
  const baseline = figure.series.find((series) => series.arm === BASELINE);
  if (figure.series.length === 0) return 'No samples yet.';
  if (!subject) return 'No samples of the bypass yet.';
  if (!baseline) return 'No samples of TCP to compare with yet.';

  const name = ARM_LABELS[subject.arm];
  const comparisons = figure.labels.flatMap((label, place): Comparison[] => {
    const [own, other] = [subject.points[place], baseline.points[place]];
    if (!own?.ratioToTcp || !other) return [];
    return [{ label, subject: own, baseline: other, ratio: own.ratioToTcp }];
  });
  const [first] = comparisons;
  if (!first) return `No round has both ${name} and TCP yet.`;
  if (comparisons.length === 1) return sentence(figure, name, first);

  const runs = runsOfOneVerdict(comparisons);
  const phrases = runs.map((run) => phrase(run, placeOf(run.members, figure.labels.length)));
  return `${name} ${figure.quantity} against TCP: ${phrases.join('; ')}.`;
}

function sentence(figure: Figure, name: string, at: Comparison): string {
  const { unit, quantity } = figure;
  const values =
    `At ${at.label}, ${name} ${quantity} is ${number(at.subject.median)} ${unit}, ` +
    `TCP ${number(at.baseline.median)} ${unit} (medians)`;
  const { interval, ratio } = at.ratio;
  if (!interval) return `${values}: one round so far, too little to compare.`;
  const range = `95% interval ${between(interval.low, interval.high)}`;
  // The change is that within the rounds, which the medians alone need not give.
  const clear = verdictOf(at.ratio) !== 'unclear';
  return `${values}: ${clear ? `${change(ratio)} round by round` : 'no clear difference'} (${range}).`;
}

function between(low: number, high: number): string {
  const oneSide = high < 1 || low > 1;
  return oneSide ? changes([low, high]) : `${change(low)} to ${change(high)}`;
}

type Run = { verdict: Verdict | 'early'; members: Comparison[] };

/** Neighbouring sizes with the same outcome belong together: that is where the bypass overtakes. */
function runsOfOneVerdict(comparisons: readonly Comparison[]): Run[] {
  const runs: Run[] = [];
  for (const comparison of comparisons) {
    const verdict = comparison.ratio.interval ? verdictOf(comparison.ratio) : 'early';
    const last = runs.at(-1);
    if (last?.verdict === verdict) last.members.push(comparison);
    else runs.push({ verdict, members: [comparison] });
  }
  return runs;
}

function placeOf(members: readonly Comparison[], sizes: number): string {
  const [first, last] = [members[0]?.label ?? '', members.at(-1)?.label ?? ''];
  if (members.length === 1) return `at ${first}`;
  if (members.length < sizes) return `from ${first} to ${last}`;
  return sizes === 2 ? 'at both sizes' : `at all ${sizes} sizes`;
}

function phrase({ verdict, members }: Run, place: string): string {
  if (verdict === 'early') return `too few rounds to compare ${place}`;
  if (verdict === 'unclear') return `no clear difference ${place}`;
  return `${changes(members.map((member) => member.ratio.ratio))} ${place}`;
}
