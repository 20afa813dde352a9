import * as l10n from '@vscode/l10n';
import { factor, number } from '../../results/format.ts';
import { sizeLabel } from '../../results/sizes.ts';
import { oneLine, paragraphs } from '../../text.ts';
import type { Assessment, CgroupGain, Objection, Reliance } from '../assessment.ts';
import { graphOf } from './graph.ts';
import { cgroupName, cgroupPath, processName } from './names.ts';
import { MOST_PAIRS, pairColumns, pairRow } from './pairs.ts';
import type { Against, AssessmentView, RankedCgroup, RelianceRow } from './protocol.ts';

/**
 * An assessment as its page shows it. Names of the host are hostile: here they become text to be read.
 * @param cgroup the one that was looked at alone.
 */
export function assessmentView(assessment: Assessment, cgroup?: string): AssessmentView {
  const { flows, verdict, relies, notLookedAt } = assessment;
  const gains = new Map(verdict.gains.map((gain) => [gain.flow, gain]));
  const shown = flows.slice(0, MOST_PAIRS);
  return {
    facts: [
      ...(cgroup === undefined
        ? [socketsFact(assessment)]
        : [[l10n.t('Cgroup'), cgroupPath(cgroup)] as const]),
      ...factsOf(assessment),
    ],
    verdict: {
      kind: verdict.kind,
      words: paragraphs(verdict.words),
      basis: paragraphs(verdict.basis),
      against: verdict.against.map(againstOf),
    },
    reach: reachText(verdict.reach),
    cgroups: verdict.cgroups.map((one) => rankedOf(one, verdict.cover)),
    canLoad: verdict.cover.length > 0,
    sizes: verdict.sizes.map(sizeLabel).join(', '),
    columns: pairColumns(),
    pairs: shown.map((flow, index) => pairRow(flow, gains.get(index))),
    pairsNote:
      shown.length < flows.length
        ? l10n.t(
            'The {0} with the most traffic, of {1}.',
            number(shown.length),
            number(flows.length),
          )
        : '',
    graph: graphOf(assessment),
    relies: relies.map(relianceRow),
    notLookedAt: notLookedAt.map((each) => paragraphs(each, 600)),
  };
}

function factsOf(assessment: Assessment): [string, string][] {
  const { seconds, namespaces, capped, flows } = assessment;
  return [
    [l10n.t('Watched for'), l10n.t('{0} s', number(Math.round(seconds)))],
    [l10n.t('Pairs'), number(flows.length)],
    [
      l10n.t('Network namespaces'),
      capped ? l10n.t('{0}, there are more', number(namespaces)) : number(namespaces),
    ],
  ];
}

const socketsFact = ({ sockets, localSockets }: Assessment): [string, string] => [
  l10n.t('Sockets within the host'),
  l10n.t('{0} of {1}', number(localSockets), number(sockets)),
];

const againstOf = ({ words, isGrave }: Objection): Against => ({
  words: paragraphs(words, 600),
  isGrave,
});

function rankedOf(one: CgroupGain, cover: readonly string[]): RankedCgroup {
  const { cgroup, label, ratio, savedMs, basis, against } = one;
  const name = cgroupName(cgroup, label);
  const path = cgroupPath(cgroup);
  return {
    name,
    path: path === name ? '' : path,
    gain: l10n.t(
      '{0} times as fast; {1} ms less waiting each second',
      factor(ratio),
      number(Number(savedMs.toPrecision(2))),
    ),
    basis: BASES[basis](),
    isChosen: cover.includes(cgroup),
    against: against.map(againstOf),
  };
}

const BASES: Readonly<Record<CgroupGain['basis'], () => string>> = {
  measured: () => l10n.t('from benchmarks of this host'),
  estimate: () => l10n.t('an estimate'),
  both: () => l10n.t('from benchmarks of this host, in part an estimate'),
};

function reachText(reach: 'namespace' | 'host' | undefined): string {
  switch (reach) {
    case 'namespace':
      return l10n.t('Both ends are in one network namespace: the default reach is enough.');
    case 'host':
      return l10n.t(
        'The ends are in different network namespaces, as containers are: this needs the reach “whole host”.',
      );
    default:
      return '';
  }
}

function relianceRow(one: Reliance): RelianceRow {
  const { process, pids, cgroup, label, title, consequence, basis, effect } = one;
  const name = processName(process);
  const [pid] = pids;
  return {
    who: l10n.t(
      '{0} ({1})',
      pid === undefined ? name : `${name} ${pid}${pids.length > 1 ? ', …' : ''}`,
      cgroupName(cgroup, label),
    ),
    use: oneLine(title, 60),
    consequence: paragraphs(consequence, 600),
    basis: basis === 'probed' ? l10n.t('tried on this kernel') : l10n.t('known from other kernels'),
    isGrave: effect === 'stalls' || effect === 'differs',
  };
}
