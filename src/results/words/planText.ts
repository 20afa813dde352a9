import * as l10n from '@vscode/l10n';
import type { Plan, Reach, Topology } from '../document.ts';
import { leastRounds, topologyOf } from '../plan.ts';

/** Where the two ends are that were measured. */
const TOPOLOGIES: Readonly<Record<Topology, string>> = {
  get loopback() {
    return l10n.t('one network namespace, over loopback');
  },
  get namespaces() {
    return l10n.t('two network namespaces, over veth pairs and a bridge');
  },
};

const REACHES: Readonly<Record<Reach, string>> = {
  get namespace() {
    return l10n.t('within each network namespace');
  },
  get host() {
    return l10n.t('between network namespaces, too');
  },
};

/** Completes "The bypass paired connections …". */
export const reachText = (reach: Reach): string => REACHES[reach];

export const topologyText = (plan: Plan): string => TOPOLOGIES[topologyOf(plan)];

/** `standard (6 to 10 × 1 s for each variant and size)`. */
export function planText(plan: Plan): string {
  const { name, repetitions, secondsPerSample } = plan;
  const least = leastRounds(plan);
  const rounds = least === repetitions ? repetitions : l10n.t('{0} to {1}', least, repetitions);
  return l10n.t('{0} ({1} × {2} s for each variant and size)', name, rounds, secondsPerSample);
}
