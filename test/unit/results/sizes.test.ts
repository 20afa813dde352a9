import assert from 'node:assert/strict';
import { ARMS } from '../../../src/results/document.ts';
import { durationLabel } from '../../../src/results/duration.ts';
import { PROFILES } from '../../../src/results/plan.ts';
import { progressOf } from '../../../src/results/progress.ts';
import { planText } from '../../../src/results/words/planText.ts';
import { ARM_LABELS } from '../../../src/results/arms.ts';
import { at, documentOf, stream } from './panelRuns.ts';

describe('summary', () => {
  it('names every arm of the schema, in its order', () => {
    assert.deepEqual(Object.keys(ARM_LABELS), ARMS);
  });

  it('distinguishes a run under way from one that was cut off', () => {
    const samples = [stream('tcp', 0, 1e9)];
    const counts = { taken: 1, planned: 18 };
    const [soon, later] = [Date.parse(at(20)), Date.parse(at(200))];
    assert.deepEqual(progressOf(documentOf(samples), soon), { state: 'running', ...counts });
    assert.deepEqual(progressOf(documentOf(samples), later), { state: 'incomplete', ...counts });
    const finished = documentOf(samples, { finishedAt: at(900) });
    assert.deepEqual(progressOf(finished, later), { state: 'finished', taken: 1, planned: 1 });
    const resumed = documentOf(samples, { resumedAt: [at(190)] });
    assert.equal(progressOf(resumed, later).state, 'running');
    assert.equal(progressOf(documentOf([]), soon).state, 'running');
    const cancelled = documentOf(samples, { stopped: { at: at(19), why: 'cancelled' } });
    assert.deepEqual(progressOf(cancelled, soon), { state: 'cancelled', ...counts });
    const failed = documentOf(samples, { stopped: { at: at(19), why: 'failed' } });
    assert.deepEqual(progressOf(failed, soon), { state: 'incomplete', ...counts });
  });
});

describe('a plan in words', () => {
  it('says how many rounds it takes', () => {
    const { quick, standard } = PROFILES;
    assert.equal(planText(quick('guarded')), 'quick (5 × 1 s for each variant and size)');
    const plan = standard('guarded');
    assert.equal(planText(plan), 'standard (6 to 10 × 1 s for each variant and size)');
    const { minRepetitions: _, ...own } = plan;
    assert.match(planText(own), /^standard \(6 to 10 × /);
    assert.match(planText({ ...own, repetitions: 4 }), /^standard \(4 × /);
  });
});

describe('a duration', () => {
  it('is as exact as one plans by', () => {
    assert.deepEqual([0.4, 45, 60, 61, 77, 120, 599, 601, 7199, 20_500].map(durationLabel), [
      '1 s',
      '45 s',
      '60 s',
      '1 min 10 s',
      '1 min 20 s',
      '2 min',
      '10 min',
      '11 min',
      '2.0 h',
      '5.7 h',
    ]);
  });
});
