import type { ResultDocument } from './document.ts';
import { extentOf } from './plan.ts';

/** How far a run has come, in samples. */
export type Progress = {
  readonly state: 'running' | 'finished' | 'cancelled' | 'incomplete';
  readonly taken: number;
  /** At most, where the plan ends the run as soon as all is known well enough. */
  readonly planned: number;
};

/**
 * The document of a run that was cut off without a word says only that it has not finished: it counts
 * as running while the next sample is not overdue.
 * @param now milliseconds since the epoch.
 */
export function progressOf(document: ResultDocument, now: number): Progress {
  const { plan, samples, startedAt, resumedAt = [], finishedAt, stopped } = document;
  const taken = samples.length;
  if (finishedAt !== undefined) return { state: 'finished', taken, planned: taken };
  // A panel asks with every sample: what is left is not looked for in all samples.
  const planned = Math.max(taken, extentOf(plan).samples[1]);
  if (stopped !== undefined) {
    return { state: stopped.why === 'cancelled' ? 'cancelled' : 'incomplete', taken, planned };
  }
  const signs = [
    startedAt,
    ...resumedAt.slice(-1),
    ...samples.slice(-1).map((last) => last.startedAt),
  ];
  const last = Math.max(...signs.map((each) => Date.parse(each)));
  const state = now > last + patienceMs(plan) ? 'incomplete' : 'running';
  return { state, taken, planned };
}

/** A sample, the one after it, and time for set-up and slow connections. */
function patienceMs(plan: { secondsPerSample: number }): number {
  return (2 * plan.secondsPerSample + 60) * 1000;
}
