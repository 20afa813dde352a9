import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { MOST_BYTES, planSchema, type Arm, type Plan, type Topology } from '../results/document.ts';
import { parseFile } from '../results/parseFile.ts';
import { planFault, roundTrips, streams } from '../results/plan.ts';
import { metricFault } from './metric.ts';
import { readParsed } from './store.ts';

/** @throws HostError naming what is wrong with the file. */
export const readPlan = (file: string): Promise<Plan> =>
  readParsed(file, parsePlan, l10n.t('Correct the plan there.'));

/**
 * Reads a plan file, `*.sockmap-plan.json`.
 * @throws Error naming the first fault and its place in the file.
 */
export function parsePlan(text: string): Plan {
  const what = l10n.t('a benchmark plan');
  const plan = parseFile(text, z.preprocess(withoutSchema, planSchema), what);
  const fault = planFault(plan) ?? workloadFault(plan);
  if (fault !== undefined) throw new Error(`not ${what}: ${fault}`);
  return plan;
}

/** The first metric of which nothing can be read. */
function workloadFault({ workloads = [] }: Plan): string | undefined {
  const faults = workloads.map(({ metric }) => metricFault(metric));
  const at = faults.findIndex((fault) => fault !== undefined);
  return at === -1 ? undefined : `workloads[${at}].metric: ${faults[at] ?? ''}`;
}

/** Editors know the schema by `$schema`, which is no part of a plan. */
function withoutSchema(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== '$schema'));
}

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1 << 10, m: 1 << 20 };

/**
 * Sizes as a person types them: "64, 1k, 64 KiB", in bytes, ascending, each once.
 * @throws Error naming the word that is no size.
 */
export function parseSizes(text: string): number[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const sizes = words.map((word) => {
    const [, digits = '', unit = ''] = /^(\d+)\s*(?:(b|k|m)(?:i?b)?)?$/i.exec(word) ?? [];
    const bytes = Number(digits) * (UNITS[unit.toLowerCase()] ?? NaN);
    if (digits === '' || !(bytes >= 1 && bytes <= MOST_BYTES)) {
      throw new Error(l10n.t('"{0}" is not a size: write 64, 1k or 64 KiB', word));
    }
    return bytes;
  });
  return [...new Set(sizes)].sort((a, b) => a - b);
}

/** Answers of the form. */
export interface OwnPlan {
  readonly messages: readonly number[];
  readonly requests: readonly number[];
  readonly responses: readonly number[];
  readonly arms: readonly Arm[];
  readonly topology: Topology;
  readonly secondsPerSample: number;
  readonly repetitions: number;
  readonly targetInterval: number | undefined;
}

/** Nagle holds back streams alone: round trips over either TCP are the same, and one is enough. */
export function ownPlan(wanted: OwnPlan): Plan {
  const { messages, requests, responses, topology, secondsPerSample, repetitions, targetInterval } =
    wanted;
  const arms = [...wanted.arms];
  const one = arms.includes('tcp') ? arms.filter((arm) => arm !== 'tcp-nodelay') : arms;
  const points = [...streams(messages, arms), ...roundTrips(requests, responses, one)];
  return {
    name: 'own',
    points,
    topology,
    secondsPerSample,
    repetitions,
    ...(targetInterval !== undefined && { targetInterval }),
    bpfTime: true,
  };
}
