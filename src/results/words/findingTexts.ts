import * as l10n from '@vscode/l10n';
import { findingsOf } from '../findings.ts';
import type { Ends, Finding, FindingOf } from '../finding.ts';
import type { Figure } from '../figure.ts';
import { decimal, number, part, percent } from '../format.ts';
import { lazily } from '../lazily.ts';
import { ARM_LABELS } from '../arms.ts';
import { FIGURE_IDS, type FigureId, type LatencyMetric } from '../quantities.ts';
import type { Run } from '../runs.ts';
import { bytes } from '../sizes.ts';
import { bypassedShareText, kernelTimeText } from './bypassTexts.ts';
import { noiseText } from './noiseText.ts';
import { nameOf, oneSizeText, tailText, workloadText } from './oneSizeTexts.ts';
import { DOUBTS, outcomeTexts } from './outcomeTexts.ts';
import { recommendationText } from './recommendationText.ts';

/** The findings of each figure in sentences: run by run, where there are several under their names. */
export function findingTexts(
  figures: Readonly<Record<FigureId, Figure>>,
  runs: readonly Run[],
  metric: LatencyMetric = 'p50',
): Record<FigureId, string[]> {
  const findings = findingsOf(figures, runs, metric);
  const texts = (id: FigureId) => (): string[] =>
    findings[id].flatMap((list, run) => {
      const sentences = list.flatMap(findingText);
      const isOfRun = runs.length > 1 && list.some(({ kind }) => kind !== 'notMeasured');
      return isOfRun && sentences.length > 0
        ? [`${runs[run]?.label ?? ''}: ${sentences.join(' ')}`]
        : sentences;
    });
  return lazily(
    Object.fromEntries(FIGURE_IDS.map((id) => [id, texts(id)])) as Record<FigureId, () => string[]>,
  );
}

/** A finding in sentences. */
export function findingText(finding: Finding): string[] {
  switch (finding.kind) {
    case 'recommendation':
      return recommendationText(finding);
    case 'noise':
      return [noiseText(finding.noise)];
    case 'notMeasured':
      return [
        l10n.t(
          'Nothing to compare yet: no size or workload has both TCP, or the variant in its place, and another variant, with data on the bypass and no stalled round.',
        ),
      ];
    default:
      return [sentenceOf(finding)];
  }
}

type Sentence = Exclude<Finding, { kind: 'recommendation' | 'noise' | 'notMeasured' }>;

function sentenceOf(finding: Sentence): string {
  switch (finding.kind) {
    case 'noBypass':
      return l10n.t('No samples of the bypass yet.');
    case 'nothingCompared':
      return l10n.t('No samples of the bypass to compare with another variant yet.');
    case 'alone':
      return l10n.t(
        '{0} is measured alone here: there is nothing to compare it with.',
        ARM_LABELS[finding.arm],
      );
    case 'noBaseline':
      return l10n.t('No samples of {0} to compare with yet.', ARM_LABELS[finding.against]);
    case 'noCommonRound':
      return l10n.t(
        'No round has both {0} and {1} yet.',
        nameOf(finding.subject),
        ARM_LABELS[finding.against],
      );
    case 'oneSize':
      return oneSizeText(finding);
    case 'compared': {
      const { subject, quantity, against } = finding;
      return l10n.t(
        '{0} {1} against {2}: {3}.',
        nameOf(subject),
        quantity,
        ARM_LABELS[against],
        outcomeTexts(finding).join('; '),
      );
    }
    case 'neverAhead':
      return l10n.t(
        '{0} does not overtake {1} up to {2}.',
        ARM_LABELS[finding.arm],
        ARM_LABELS[finding.against],
        bytes(finding.upTo),
      );
    case 'overtakes':
      return l10n.t(
        '{0} overtakes {1} between {2} and {3}.',
        ARM_LABELS[finding.arm],
        ARM_LABELS[finding.against],
        bytes(finding.behind),
        bytes(finding.ahead),
      );
    case 'growth': {
      const { from, to, subject, baseline } = finding;
      const grown = number(Number((to / from).toPrecision(4)));
      return l10n.t(
        'From {0} to {1} the message grows {2} times, the throughput of {3} {4}, that of {5} {6}.',
        bytes(from),
        bytes(to),
        grown,
        ARM_LABELS[subject.arm],
        timesGrown(subject),
        ARM_LABELS[baseline.arm],
        timesGrown(baseline),
      );
    }
    case 'nagle':
      return l10n.t(
        'Without Nagle’s algorithm, TCP throughput against TCP with it: {0}.',
        outcomeTexts(finding).join('; '),
      );
    case 'movement': {
      const { from, to, quantity, unit, lines } = finding;
      const moves = lines.map((line) =>
        l10n.t(
          '{0} from {1} to {2} {3}',
          ARM_LABELS[line.arm],
          number(line.from),
          number(line.to),
          unit,
        ),
      );
      return l10n.t(
        'As responses grow from {0} to {1}, {2} moves: {3}.',
        bytes(from),
        bytes(to),
        quantity,
        moves.join(', '),
      );
    }
    case 'requestSizes': {
      const { large, small, quantity, lines } = finding;
      const changed = lines.map(
        (line) => `${ARM_LABELS[line.arm]} ${outcomeTexts(line).join(', ')}`,
      );
      return l10n.t(
        'With requests of {0} instead of {1}, {2}: {3}.',
        bytes(large),
        bytes(small),
        quantity,
        changed.join('; '),
      );
    }
    case 'percentileSteps':
      return percentileSteps(finding);
    case 'inverseOfMean':
      return finding.worst <= 0.1
        ? l10n.t(
            'It is the inverse of the mean latency, within {0}.',
            percent(1 + Math.max(finding.worst, 0.001)),
          )
        : l10n.t(
            'It is up to {0} off the inverse of the mean latency: the host was busy with something else in between.',
            percent(1 + finding.worst),
          );
    case 'kernelTime':
      return kernelTimeText(finding);
    case 'sharedTime':
      return l10n.t('Other programs used the same bypass meanwhile: the time includes theirs.');
    case 'callTime': {
      const [low, high] = [finding.lowNs, finding.highNs].map((each) => number(Math.round(each)));
      const range = low === high ? String(low) : l10n.t('{0} to {1}', String(low), String(high));
      return l10n.t('A call takes {0} ns.', range);
    }
    case 'bypassedShare':
      return bypassedShareText(finding);
    case 'workload':
      return workloadText(finding);
    case 'tail':
      return tailText(finding);
    case 'closedLoop':
      return l10n.t(
        '{0}: the client sends its next request only after the answer to the last one (closed loop), so these percentiles leave out the waiting of requests that were not sent meanwhile (coordinated omission). Compare variants by them, but do not take them for what users see; for that, give the load a rate (wrk2 -R) and set openLoop in the plan.',
        finding.names.join(', '),
      );
    case 'openWorkload':
      return l10n.t(
        '{0}: {1} is not compared: {2}.',
        finding.name,
        ARM_LABELS[finding.arm],
        finding.doubt === undefined
          ? l10n.t('no round has a value of both')
          : DOUBTS[finding.doubt],
      );
  }
}

function timesGrown({ from, to }: Ends): string {
  const grown = to / from;
  return grown < 1.15 ? l10n.t('not') : l10n.t('{0} times', number(Number(grown.toPrecision(2))));
}

function percentileSteps({ at, stepUs, medianUs, means }: FindingOf<'percentileSteps'>): string {
  const values = means.map(({ arm, meanUs, stddevUs }) => {
    const mean = `${ARM_LABELS[arm]} ${decimal(meanUs)} µs`;
    return stddevUs === undefined
      ? mean
      : l10n.t('{0} (standard deviation {1})', mean, decimal(stddevUs));
  });
  return l10n.t(
    'netperf counts percentiles in steps of {0} µs, which is {1} of {2} µs; the means at {3} are finer: {4}.',
    number(stepUs),
    part(stepUs / medianUs),
    number(medianUs),
    at,
    values.join(', '),
  );
}
